"""What `GET /domains/{domain}` is with Python 3 and boto3: the same questions to DynamoDB for a domain that is
not there, the same answer. It plays the Runtime API by itself, with less around it than AWS's own client."""

import http.client
import json
import os

import boto3

host = os.environ["AWS_LAMBDA_RUNTIME_API"]
table = os.environ["TABLE_NAME"]
dynamodb = boto3.client("dynamodb")


def handle(event):
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    client, domain = claims["custom:client_id"], event["pathParameters"]["domain"]
    key = {"pk": {"S": f"CLIENT#{client}"}, "sk": {"S": f"DOMAIN#{domain}"}}
    answer = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)
    status = 200 if "Item" in answer else 404
    body = json.dumps({"type": "about:blank", "status": status, "code": "domain_not_found"})
    headers = {"content-type": "application/problem+json"}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def main():
    connection = http.client.HTTPConnection(host)
    while True:
        connection.request("GET", "/2018-06-01/runtime/invocation/next")
        invocation = connection.getresponse()
        event = json.loads(invocation.read())
        request = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        path = f"/2018-06-01/runtime/invocation/{request}/response"
        connection.request("POST", path, json.dumps(handle(event)))
        connection.getresponse().read()


main()
