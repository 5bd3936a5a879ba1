/** The options of a worker. */
import type { ClientInterceptors } from '@temporalio/client';
import type { InjectedSinks, WorkerInterceptors, WorkflowBundleOption } from '@temporalio/worker';
import type { Settings } from '../config.ts';
import type { ProfileName } from '../contract/profile.ts';
import type { ModelClientOptions } from '../model/client.ts';
import type { Store } from '../store/store.ts';
import type { Bus } from '../stream/bus.ts';
import type { Catalogue } from '../tools/catalogue.ts';

export interface WorkerOptions {
  settings: Settings;
  /** host:port of the Temporal server. */
  address: string;
  taskQueue?: string;
  store: Store;
  bus: Bus;
  catalogue: Catalogue;
  model: {
    /** The model and the profile of agents that name none. */
    name: string;
    profile: ProfileName;
    access: Pick<ModelClientOptions, 'apiKey' | 'baseURL'>;
  };
  /** Folder that keeps the workflow bundle between starts, and the files of calls on this host. Absolute. */
  home: string;
  /** The URL of this service's API, for remote tools that call back. Called only without MEANWHILE_PUBLIC_URL. */
  apiUrl(): Promise<string>;
  /** Used instead of the bundle in `home`. */
  bundle?: WorkflowBundleOption;
  /** Interceptors around the worker's work, and around the signals of its activities. */
  interceptors?: WorkerInterceptors & { client?: ClientInterceptors };
  sinks?: InjectedSinks<any>;
}
