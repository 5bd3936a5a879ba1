/** What the worker's workflow bundle offers, by type name. */
export { call } from './call.ts';
export { conversation } from './conversation.ts';
export { settleCall, settleConversation } from './settle.ts';
