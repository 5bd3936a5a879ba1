/** The workflows in the worker's bundle, by type name. */
export { call } from './call.ts';
export { conversation } from './conversation.ts';
export { settleCall, settleConversation } from './settle.ts';
