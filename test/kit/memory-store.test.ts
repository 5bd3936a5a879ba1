import { storeContract } from '../store/store.contract.ts';
import { createMemoryStore } from './memory-store.ts';

storeContract('the store in memory', async () => createMemoryStore());
