"""Deploys infra/template.yaml to the emulator, as `sam package` and `sam deploy` do to AWS.

Reads a JSON plan on stdin, writes what it made as JSON on stdout. The plan, and the meaning of its
keys, is `Plan` in src/deploy.rs. Nothing in the template is replaced but `CodeUri`, and alarms over an
expression, which the emulator does not make: they watch the first metric of it.

Two things are done here that AWS does by itself: the emulator ignores the OpenAPI body of an HTTP
API, so routes, integrations and the authorizer are read from the processed template and made with
API calls; and there is no company directory, so a user pool with some people is made.
"""

import json
import os
import re
import shutil
import sys
import time
import urllib.parse
import urllib.request
import zipfile

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from samtranslator.yaml_helper import yaml_parse

BUCKET = "lasso-local-artifacts"
PASSWORD = "Local-only-1!"
# The scope of the mass-mail product: a resource server, and a scope of it.
MASS_MAIL_SERVER, MASS_MAIL_SCOPE = "lasso", "mass-mail"


class DeployError(Exception):
    """One sentence about what went wrong."""


class Aws:
    """Clients for the emulator, made once per service."""

    def __init__(self, endpoint, region):
        self.region = region
        self.endpoint = endpoint
        self._session = boto3.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=region
        )
        self._clients = {}

    def client(self, service):
        if service not in self._clients:
            self._clients[service] = self._session.client(
                service,
                endpoint_url=self.endpoint,
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}),
            )
        return self._clients[service]


def make_user_pool(aws, users, console_url):
    """A pool with these people and groups, and the mass-mail product; returns the issuer, the audience and a
    token each. Its one application for people is the console's, too: a public client, as the template's
    ConsoleClientId wants it."""
    idp = aws.client("cognito-idp")
    pool = idp.create_user_pool(
        PoolName="lasso-local",
        Schema=[
            {"Name": name, "AttributeDataType": "String", "Mutable": True}
            for name in ("client_id", "client_name")
        ],
    )["UserPool"]["Id"]
    app = idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="lasso-local",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        # The longest that Cognito allows: a day's work without a new token.
        IdTokenValidity=24,
        TokenValidityUnits={"IdToken": "hours"},
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid"],
        SupportedIdentityProviders=["COGNITO"],
        CallbackURLs=[f"{console_url}/callback"],
        LogoutURLs=[f"{console_url}/"],
    )["UserPoolClient"]["ClientId"]

    for group in sorted({user["group"] for user in users if user["group"]}):
        idp.create_group(UserPoolId=pool, GroupName=group)
    tokens = {}
    for user in users:
        name = user["name"]
        attributes = [{"Name": "email", "Value": user["email"]}]
        if user["client"]:
            attributes.append({"Name": "custom:client_id", "Value": user["client"]})
        if user["full_name"]:
            attributes.append({"Name": "name", "Value": user["full_name"]})
        if user["client_name"]:
            attributes.append({"Name": "custom:client_name", "Value": user["client_name"]})
        idp.admin_create_user(
            UserPoolId=pool, Username=name, UserAttributes=attributes, MessageAction="SUPPRESS"
        )
        idp.admin_set_user_password(
            UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
        )
        if user["group"]:
            idp.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=user["group"])
        tokens[name] = idp.initiate_auth(
            ClientId=app,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )["AuthenticationResult"]["IdToken"]
    program, tokens["mass_mail"] = make_program(aws, pool)
    issuer = f"https://cognito-idp.{aws.region}.amazonaws.com/{pool}"
    return {
        "issuer": issuer,
        "pool": pool,
        "console_client": app,
        "audience": f"{app},{program}",
        "tokens": tokens,
    }


def make_program(aws, pool):
    """The app client of the mass-mail product, and the access token that it gets with its credentials. Such
    a token has the client as `client_id`, no `aud`, and scopes where a person's has groups."""
    idp = aws.client("cognito-idp")
    idp.create_resource_server(
        UserPoolId=pool,
        Identifier=MASS_MAIL_SERVER,
        Name="Lasso",
        Scopes=[{"ScopeName": MASS_MAIL_SCOPE, "ScopeDescription": "Asks about senders"}],
    )
    client = idp.create_user_pool_client(
        UserPoolId=pool,
        ClientName="mass-mail",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[f"{MASS_MAIL_SERVER}/{MASS_MAIL_SCOPE}"],
        AccessTokenValidity=24,
        TokenValidityUnits={"AccessToken": "hours"},
    )["UserPoolClient"]
    form = urllib.parse.urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": client["ClientId"],
            "client_secret": client["ClientSecret"],
        }
    )
    url = f"{aws.endpoint}/oauth2/token"
    with urllib.request.urlopen(url, data=form.encode(), timeout=10) as answer:
        return client["ClientId"], json.load(answer)["access_token"]


def console_parameters(plan, people):
    """The issuer's discovery document is at its own address, which is not on this machine: so the
    endpoints are those of the emulator's hosted sign-in."""
    endpoint = plan["endpoint"]
    return {
        "ConsoleClientId": people["console_client"],
        "ConsoleUrl": plan["console_url"],
        "ConsoleApiUrl": plan["api_url"],
        "ConsoleAuthorizationEndpoint": f"{endpoint}/oauth2/authorize",
        "ConsoleTokenEndpoint": f"{endpoint}/oauth2/token",
        "ConsoleJwksUri": f"{endpoint}/{people['pool']}/.well-known/jwks.json",
        "ConsoleEndSessionEndpoint": f"{endpoint}/logout",
    }


def binary_of(resource):
    """Which of the workspace's binaries a function of the template is."""
    return resource.get("Metadata", {}).get("BuildProperties", {}).get("Binary")


def functions_of(template):
    return {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def wait_until_ready(endpoint):
    deadline = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise DeployError("the AWS emulator did not answer within 30 seconds") from None
            time.sleep(0.05)


def zipped(executable, path):
    """What Lambda takes: a zip with the program as `bootstrap`. Not compressed: it stays here."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o100755 << 16
    with zipfile.ZipFile(path, "w") as archive, open(executable, "rb") as program:
        with archive.open(entry, "w") as bootstrap:
            shutil.copyfileobj(program, bootstrap)
    return path


def package(aws, template, executables, scratch):
    """What `sam package` does: each function's zip goes to S3, and `CodeUri` names it there."""
    aws.client("s3").create_bucket(Bucket=BUCKET)
    template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for logical_id, resource in functions_of(template).items():
        binary = binary_of(resource)
        if binary not in executables:
            raise DeployError(
                f"{logical_id} in the template is the binary '{binary}', which was not built"
            )
        key = f"{binary}.zip"
        path = zipped(executables[binary], os.path.join(scratch, key))
        aws.client("s3").upload_file(path, BUCKET, key)
        os.remove(path)
        resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{key}"


def watch_one_metric(template):
    """Alarms over an expression watch its first metric, with what the emulator takes of an alarm."""
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        metrics = resource["Properties"].pop("Metrics", [])
        for measured in [metric["MetricStat"] for metric in metrics if "MetricStat" in metric][:1]:
            resource["Properties"] |= {
                **measured["Metric"],
                "Statistic": measured["Stat"],
                "Period": measured["Period"],
            }


def create_stack(aws, name, template, parameters):
    """Creates the stack from S3, as `sam deploy` does (a request holds 51,200 octets of a template,
    AWS CloudFormation quotas), and returns its resources and outputs."""
    aws.client("s3").put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template))
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"https://s3.{aws.region}.amazonaws.com/{BUCKET}/template.json",
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    deadline = time.monotonic() + 60
    while True:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            break
        if stack["StackStatus"] != "CREATE_IN_PROGRESS" or time.monotonic() > deadline:
            raise DeployError(f"the stack is {stack['StackStatus']}: {failure_of(aws, name)}")
        time.sleep(0.1)
    resources = {
        summary["LogicalResourceId"]: summary["PhysicalResourceId"]
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
        for summary in page["StackResourceSummaries"]
    }
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return resources, outputs


def failure_of(aws, name):
    """The first thing that failed, which is the cause of the rest."""
    events = aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    failures = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    ]
    return failures[-1] if failures else "no event says why"


class Resolver:
    """Resolves the intrinsic functions of an HTTP API, those that SAM writes into its body too."""

    def __init__(self, aws, stack, resources, parameters, template):
        functions = functions_of(template)
        declared = template.get("Parameters", {}).items()
        defaults = {name: declaration.get("Default") for name, declaration in declared}
        self._conditions = template.get("Conditions", {})
        self._values = {
            **defaults,
            **resources,
            **parameters,
            "AWS::Partition": "aws",
            "AWS::Region": aws.region,
            "AWS::StackName": stack,
        }
        self._functions = functions
        self._lambda = aws.client("lambda")

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return self._named(value["Ref"])
        if set(value) == {"Fn::Sub"}:
            return re.sub(r"\$\{([^}]+)\}", lambda name: self._named(name[1]), value["Fn::Sub"])
        if set(value) == {"Fn::Split"}:
            separator, text = self.resolve(value["Fn::Split"])
            return text.split(separator)
        if set(value) == {"Fn::Equals"}:
            one, other = self.resolve(value["Fn::Equals"])
            return one == other
        if set(value) == {"Fn::Not"}:
            return not self.resolve(value["Fn::Not"])[0]
        if set(value) == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            return self.resolve(yes if self.resolve(self._conditions[condition]) else no)
        return {key: self.resolve(item) for key, item in value.items()}

    def _named(self, name):
        if name == "AWS::NoValue":
            return None
        if name in self._values:
            return self._values[name]
        logical_id, _, attribute = name.partition(".")
        if logical_id in self._functions and attribute == "Arn":
            found = self._lambda.get_function(FunctionName=self._values[logical_id])
            return found["Configuration"]["FunctionArn"]
        raise DeployError(f"the API's definition refers to {name}, which the local stack cannot resolve")


def wire_api(aws, stack, template, resources, parameters):
    """Makes what the OpenAPI body of the template's HTTP API says; returns the API's id."""
    processed = aws.client("cloudformation").get_template(StackName=stack, TemplateStage="Processed")
    processed = processed["TemplateBody"]
    if isinstance(processed, str):
        processed = json.loads(processed)
    apis = [
        (logical_id, resource)
        for logical_id, resource in processed["Resources"].items()
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource["Properties"]
    ]
    if len(apis) != 1:
        raise DeployError(f"the template has {len(apis)} HTTP APIs with a body, expected one")
    logical_id, resource = apis[0]
    api_id = resources[logical_id]
    resolver = Resolver(aws, stack, resources, parameters, template)
    body = resolver.resolve(resource["Properties"]["Body"])
    gateway = aws.client("apigatewayv2")

    # As the template has it: in the body, the emulator has put the parameter's default in its place.
    cors = template["Resources"][logical_id]["Properties"].get("CorsConfiguration")
    if cors := resolver.resolve(cors):
        gateway.update_api(ApiId=api_id, CorsConfiguration=cors)

    authorizers = {}
    for name, scheme in body.get("components", {}).get("securitySchemes", {}).items():
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        jwt = authorizer["jwtConfiguration"]
        audience = jwt["audience"]
        authorizers[name] = gateway.create_authorizer(
            ApiId=api_id,
            Name=name,
            AuthorizerType="JWT",
            IdentitySource=[authorizer["identitySource"]],
            JwtConfiguration={
                "Issuer": jwt["issuer"],
                "Audience": audience.split(",") if isinstance(audience, str) else audience,
            },
        )["AuthorizerId"]

    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            proxy = operation["x-amazon-apigateway-integration"]
            integration = gateway.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=proxy["uri"],
                IntegrationMethod=proxy["httpMethod"],
                PayloadFormatVersion=proxy["payloadFormatVersion"],
            )["IntegrationId"]
            security = [name for entry in operation.get("security", []) for name in entry]
            protection = (
                {"AuthorizationType": "JWT", "AuthorizerId": authorizers[security[0]]}
                if security and security[0] in authorizers
                else {}
            )
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            gateway.create_route(
                ApiId=api_id,
                RouteKey=path if path == "$default" else f"{verb} {path}",
                Target=f"integrations/{integration}",
                **protection,
            )
    return api_id


def deploy(plan):
    aws = Aws(plan["endpoint"], plan["region"])
    with open(plan["template"], encoding="utf-8") as file:
        template = yaml_parse(file.read())

    wait_until_ready(plan["endpoint"])
    people = make_user_pool(aws, plan["users"], plan["console_url"])
    aws.client("ses").verify_email_identity(EmailAddress=plan["sender_email"])
    package(aws, template, plan["executables"], plan["scratch"])
    watch_one_metric(template)
    parameters = {
        "JwtIssuer": people["issuer"],
        "JwtAudience": people["audience"],
        **console_parameters(plan, people),
        **plan["parameters"],
    }
    resources, outputs = create_stack(aws, plan["stack_name"], template, parameters)
    api_id = wire_api(aws, plan["stack_name"], template, resources, parameters)
    return {
        "api_id": api_id,
        "console_api_id": resources.get("ConsoleApi"),
        "tokens": people["tokens"],
        "password": PASSWORD,
        "outputs": outputs,
        "functions": {
            binary_of(resource): resources[logical_id]
            for logical_id, resource in functions_of(template).items()
        },
    }


def main():
    try:
        json.dump(deploy(json.load(sys.stdin)), sys.stdout)
    except (DeployError, ClientError, BotoCoreError, OSError) as error:
        sys.exit(str(error))


main()
