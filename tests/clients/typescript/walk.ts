// Uses the API through openapi-fetch, with the types that openapi-typescript has generated from
// docs/openapi.json. The compiler proves that every member used here is in the document; the run proves
// that the API answers so.
//
// Run by tests/end_to_end/clients.rs, with the generated types beside it:
//
//     API_URL=… TOKEN=… DOMAIN=… node built/walk.js

import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Problem = components["schemas"]["Problem"];
type Message = components["schemas"]["GatewayMessage"];

declare const process: { env: Record<string, string | undefined> };

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function assert(holds: boolean, what: string, seen: unknown): asserts holds {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`);
}

function isProblem(error: Problem | Message | undefined): error is Problem {
  return error !== undefined && "code" in error;
}

const domain = variable("DOMAIN");
const clientWith = (token: string) =>
  createClient<paths>({
    baseUrl: variable("API_URL"),
    headers: { Authorization: `Bearer ${token}` },
  });
const client = clientWith(variable("TOKEN"));
const at = { params: { path: { domain } } };

const added = await client.POST("/domains", {
  params: { header: { "Idempotency-Key": `walk-${Date.now()}` } },
  body: { domain, community: "Maple Ridge" },
});
assert(added.response.status === 201, "added", added.error);
assert(added.data?.status === "pending", "it waits for DNS", added.data);
const mx = added.data.records.filter((record) => record.type === "MX");
assert(mx.length === 1 && mx[0]?.priority === 10, "MX has a priority", mx);

const got = await client.GET("/domains/{domain}", at);
assert(got.data?.domain === domain, "got", got.error);
assert(/\.\d{3}Z$/.test(got.data.added_at), "milliseconds", got.data.added_at);
assert(new Date(got.data.added_at).toISOString() === got.data.added_at, "a date", got.data);

const etag = got.response.headers.get("etag");
assert(etag !== null, "a tag", [...got.response.headers]);
const again = await client.GET("/domains/{domain}", {
  params: { path: { domain }, header: { "If-None-Match": etag } },
});
assert(again.response.status === 304, "not modified", again.response.status);

const listed = await client.GET("/domains", {
  params: { query: { status: "pending", limit: 100 } },
});
assert(listed.data?.items.some((item) => item.domain === domain) === true, "listed", listed);

const checked = await client.POST("/domains/{domain}/check", at);
assert(typeof checked.data?.dns_looked_at === "string", "checked", checked.error);
const tooSoon = await client.POST("/domains/{domain}/check", at);
assert(isProblem(tooSoon.error), "a problem", tooSoon.error);
assert(tooSoon.error.code === "checked_too_soon", "too soon", tooSoon.error);

const sender = await client.GET("/senders/{address}", {
  params: { path: { address: `sales@${domain}` } },
});
assert(sender.data?.reason === "waiting_for_dns", "the sender", sender.error ?? sender.data);
assert(!sender.data.allowed, "not allowed yet", sender.data);

// The formats of text have to be read as text; any format can be.
const formats = ["json", "zone", "csv", "terraform", "route53", "text", "html"] as const;
for (const format of formats) {
  const records = await client.GET("/domains/{domain}/records", {
    params: { path: { domain }, query: { format } },
    parseAs: "text",
  });
  assert(records.data?.includes(domain) === true, format, records.error ?? records.data);
}
const recordSet = await client.GET("/domains/{domain}/records", {
  params: { path: { domain }, query: { format: "json" } },
});
assert(typeof recordSet.data === "object", "a record set", recordSet.error ?? recordSet.data);
assert("records" in recordSet.data, "records", recordSet.data);
assert(recordSet.data.domain === domain, "of the domain", recordSet.data);

const refused = await client.POST("/domains", { body: { domain: "co.uk" } });
assert(refused.error !== undefined && isProblem(refused.error), "refused", refused);
assert(refused.error.code === "public_suffix", "why", refused.error);
assert(refused.error.errors?.[0]?.pointer === "/domain", "which field", refused.error);

const stranger = await clientWith("none").GET("/domains/{domain}", at);
assert(stranger.response.status === 401, "no token", stranger.response.status);
