// Calls the service with @cedx/akismet, as the document on standard input says.
import { readFileSync } from "node:fs";
import { Author, Blog, Client, Comment } from "@cedx/akismet";

const { baseUrl, apiKey, blog, isTest, calls } = JSON.parse(readFileSync(0, "utf8"));
const client = new Client(apiKey, new Blog({ url: blog, charset: "UTF-8", languages: ["en"] }), { baseUrl, isTest });

const results = [];
for (const { method, author, comment } of calls) {
  try {
    const about = comment && new Comment({ ...comment, author: new Author(author), date: new Date(comment.date) });
    results.push({ result: (await client[method](about)) ?? null });
  } catch (error) {
    results.push({ error: error.constructor.name, message: error.message });
  }
}
console.log(JSON.stringify(results));
