// What `GET /domains/{domain}` is with Node.js and the AWS SDK: the same questions to DynamoDB for a domain that
// is not there, the same answer. It plays the Runtime API by itself, with less around it than AWS's own client.

import http from "node:http";
import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const table = process.env.TABLE_NAME;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const dynamodb = new DynamoDBClient({});

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, method, path, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("end", () => resolve({ headers: response.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function handle(event) {
  const client = event.requestContext.authorizer.jwt.claims["custom:client_id"];
  const domain = event.pathParameters.domain;
  const Key = { pk: { S: `CLIENT#${client}` }, sk: { S: `DOMAIN#${domain}` } };
  const answer = await dynamodb.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
  const statusCode = answer.Item ? 200 : 404;
  const body = JSON.stringify({ type: "about:blank", status: statusCode, code: "domain_not_found" });
  const headers = { "content-type": "application/problem+json" };
  return { statusCode, headers, body, isBase64Encoded: false };
}

for (;;) {
  const next = await call("GET", "/2018-06-01/runtime/invocation/next");
  const answer = JSON.stringify(await handle(JSON.parse(next.text)));
  const request = next.headers["lambda-runtime-aws-request-id"];
  await call("POST", `/2018-06-01/runtime/invocation/${request}/response`, answer);
}
