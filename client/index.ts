/** The client package: `import { Meanwhile } from 'meanwhile/client'`. */
export {
  type AgentList,
  Meanwhile,
  Meanwhile as default,
  type ServiceInfo,
  type ToolList,
} from './meanwhile.ts';
export {
  type AnswerParams,
  type ApproveParams,
  Conversation,
  type ConversationHead,
  type CreateTokenParams,
  type DenyParams,
  type EntriesParams,
  type InterruptParams,
  type SendParams,
} from './conversation.ts';
export {
  type ConversationList,
  type ConversationPage,
  Conversations,
  type CreateParams,
  type ListedConversation,
  type ListParams,
} from './conversations.ts';
export {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  MeanwhileError,
  NotFoundError,
  PermissionDeniedError,
  type ProblemBody,
  RateLimitError,
  UnprocessableEntityError,
} from './errors.ts';
export { createFold, type Fold, foldOf } from './fold.ts';
export type { Connection, FollowOptions } from './follow.ts';
export { type ClientOptions, randomKey, type RequestOptions } from './http.ts';
export { isPassing } from './retry.ts';
export type {
  AgentMessage,
  CallState,
  ConversationState,
  Message,
  PartialResult,
  UserMessage,
} from './state.ts';
export type { DeltaItem, EntryItem, ProgressItem, RewindItem, StreamItem } from './stream.ts';
export { type BarChart, chartIn } from '../contract/chart.ts';
export { type MarkedPiece, markWords } from '../contract/mark-words.ts';
export type { FieldError } from '../contract/problem.ts';
export type { Entry, EntryKind, EntryOf, Failure, Usage, WhenBusy } from '../contract/entry.ts';
export type { AnswerAction, OpenQuestion } from '../contract/question.ts';
export type { ResultNumber, Stored } from '../contract/stored.ts';
export type { Trigger, Turn, TurnCall, TurnReply } from '../contract/turns.ts';
