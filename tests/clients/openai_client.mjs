// Calls the moderation endpoint with OpenAI's own client, as the document on standard input says.
import { readFileSync } from "node:fs";
import OpenAI from "openai";

const { baseURL, apiKey, calls } = JSON.parse(readFileSync(0, "utf8"));
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });

const results = [];
for (const call of calls) {
  try {
    const { data, request_id: requestId } = await client.moderations.create(call).withResponse();
    results.push({ data, requestId });
  } catch (error) {
    results.push({
      error: error.constructor.name,
      isOwn: error instanceof OpenAI.APIError,
      status: error.status,
      code: error.code,
      param: error.param,
      requestId: error.requestID,
    });
  }
}
console.log(JSON.stringify(results));
