/** The bodies that the OpenAI package sends, named for schemas.ts. */
import type OpenAI from 'openai';

export type ChatRequest = OpenAI.ChatCompletionCreateParamsStreaming;
export type ResponsesRequest = OpenAI.Responses.ResponseCreateParamsStreaming;
