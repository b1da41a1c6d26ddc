//! Starts and stops all parts in order, and leaves nothing behind.

use std::panic;
use std::time::Duration;

use local_dns_server::{DnsControl, DnsServer};
use ses_gate::SesGate;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::deploy::{self, Deployed, Plan};
use crate::emulator::{Emulator, REGION, Surroundings};
use crate::front::Front;
use crate::previews::Previews;
use crate::state_dir::StateDir;
use crate::workspace::Workspace;
use crate::{
    Clients, Error, Options, Progress, StackInfo, StateFolder, Users, functions, guide, ports,
    previews, python, zones,
};

/// A running local stack. It stops when this is dropped, also when a test panics, and whenever the
/// process that started it ends.
#[derive(Debug)]
pub struct LocalStack {
    info: StackInfo,
    parts: Parts,
    // Dropped last, because the parts run on it.
    _runtime: OwnRuntime,
}

/// In the order in which they stop.
#[derive(Debug)]
struct Parts {
    emulator: Emulator,
    console: Front,
    api: Front,
    previews: Previews,
    gate: SesGate,
    dns_control: DnsControl,
    dns: DnsServer,
    state: StateDir,
}

impl LocalStack {
    /// Builds the functions, starts the parts and deploys the template. Dropping the future stops
    /// what has been started.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let runtime = OwnRuntime::new()?;
        let (info, parts) = runtime.run(start(options)).await?;
        Ok(Self {
            info,
            parts,
            _runtime: runtime,
        })
    }

    /// The content of `stack.json`.
    pub fn info(&self) -> &StackInfo {
        &self.info
    }

    /// The DNS server, for faults and counts.
    pub fn dns(&self) -> &DnsServer {
        &self.parts.dns
    }

    /// The gate in front of the emulator's SES, for faults and counts.
    pub fn ses_gate(&self) -> &SesGate {
        &self.parts.gate
    }

    /// Returns when the emulator has ended without being stopped.
    pub async fn ended(&mut self) -> Error {
        self.parts.emulator.ended().await
    }

    /// Stops all parts and returns when they have ended.
    pub async fn stop(self) {
        let Parts {
            emulator,
            console,
            api,
            previews,
            gate,
            dns_control,
            dns,
            state,
        } = self.parts;
        emulator.stop().await;
        console.stop().await;
        api.stop().await;
        previews.stop().await;
        gate.stop().await;
        dns_control.stop().await;
        dns.stop().await;
        drop(state);
    }
}

async fn start(options: Options) -> Result<(StackInfo, Parts), Error> {
    let progress = options.progress;
    ports::check_udp_and_tcp(options.dns_port, "--dns-port")?;
    ports::tcp(options.port, "--port")?;
    ports::tcp(options.console_port, "--console-port")?;
    let workspace = Workspace::find().await?;
    let state = state_dir(&options.state, &workspace)?;

    progress.say("Building the functions (some minutes the first time)…");
    let functions = async {
        match &options.built {
            Some(folder) => functions::built(&workspace, folder, progress).await,
            None => functions::build(&workspace, options.profile, progress).await,
        }
    };
    let (mut executables, python) =
        tokio::try_join!(functions, python::environment(&workspace, progress))?;

    let emails = state.emails();
    if let Some(program) = executables.remove(previews::PROGRAM) {
        previews::write(&program, &emails).await?;
    }

    progress.say("Starting the DNS server, the SES gate and the AWS emulator…");
    let (dns, dns_control) = start_dns(&state, options.dns_port, progress).await?;
    // Only now: a free port is not reserved until the emulator listens, and a build takes long.
    let port = ports::tcp(options.port, "--port")?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let gate = SesGate::start(ses_gate::Options {
        listen: ports::loopback(0),
        upstream: endpoint.clone(),
        dns_server: dns.address(),
    })
    .await
    .map_err(Error::Gate)?;
    let (console, api) = (front(options.console_port).await?, front(0).await?);
    let previews = Previews::start(ports::loopback(0), emails)
        .await
        .map_err(|source| Error::Port { port: 0, source })?;
    let mut emulator = Emulator::start(
        &python,
        &workspace.script("emulator.py"),
        &state.scratch(),
        state.log(),
        &Surroundings {
            port,
            gate_url: &gate.url(),
            dns_server: dns.address(),
            functions: &options.function_environment,
        },
    )?;

    let template = options
        .template
        .or_else(|| Some(options.built.as_ref()?.join("template.yaml")))
        .unwrap_or_else(|| workspace.infra("template.yaml"));
    progress.say(&format!("Deploying {}…", template.display()));
    let clients = Clients::default();
    let plan = Plan {
        endpoint: endpoint.clone(),
        region: REGION,
        stack_name: deploy::STACK_NAME,
        template,
        executables,
        scratch: state.scratch(),
        parameters: deploy::parameters(options.parameters),
        sender_email: deploy::SENDER_EMAIL,
        users: deploy::users(&clients),
        console_url: console.url(),
        api_url: api.url(),
    };
    let script = workspace.script("deploy.py");
    let deployed = tokio::select! {
        deployed = deploy::deploy(&python, &script, &plan) => deployed?,
        error = emulator.ended() => return Err(error),
    };

    // A template of an earlier release does not have one.
    if let Some(topic) = deployed.outputs.get("MailEventTopicArn") {
        gate.publish_mail_events_to(topic);
    }
    api.leads_to(ports::loopback(port), &deployed.api_id);
    if let Some(id) = &deployed.console_api_id {
        console.leads_to(ports::loopback(port), id);
    }
    let mut info = describe(&endpoint, clients, deployed, &dns, &gate, &state)?;
    info.dns_control_url = dns_control.url();
    info.console_url = console.url();
    info.emails_url = previews.url();
    publish(&state, &info)?;
    Ok((
        info,
        Parts {
            emulator,
            console,
            api,
            previews,
            gate,
            dns_control,
            dns,
            state,
        },
    ))
}

/// A separate address for one API of the emulator.
async fn front(port: u16) -> Result<Front, Error> {
    let front = Front::start(ports::loopback(port)).await;
    front.map_err(|source| Error::Port { port, source })
}

/// The DNS server with its zones, and its control address.
async fn start_dns(
    state: &StateDir,
    port: u16,
    progress: Progress,
) -> Result<(DnsServer, DnsControl), Error> {
    zones::create(&state.zones())?;
    let dns_options = local_dns_server::Options {
        zones_dir: state.zones(),
        address: ports::loopback(port),
    };
    let dns = DnsServer::start_at(dns_options, &ports::name_servers())
        .await
        .map_err(Error::Dns)?;
    for (address, error) in dns.not_listening() {
        progress.say(&format!(
            "The DNS server does not listen on {address} ({error}): no zone can have a server there."
        ));
    }
    let dns_control = DnsControl::start(ports::loopback(0), &dns)
        .await
        .map_err(|source| Error::Port { port: 0, source })?;
    Ok((dns, dns_control))
}

fn state_dir(chosen: &StateFolder, workspace: &Workspace) -> Result<StateDir, Error> {
    Ok(match chosen {
        StateFolder::Checkout => StateDir::open(&workspace.root.join("target/local"))?,
        StateFolder::At(path) => StateDir::open(path)?,
        StateFolder::Temporary => StateDir::temporary(&workspace.target.join("local-tests"))?,
    })
}

fn describe(
    endpoint: &str,
    clients: Clients,
    deployed: Deployed,
    dns: &DnsServer,
    gate: &SesGate,
    state: &StateDir,
) -> Result<StackInfo, Error> {
    Ok(StackInfo {
        // Without the stage: the emulator falls back to `$default`, and a dollar sign in a URL
        // causes problems in every shell.
        api_url: format!("{endpoint}/_aws/execute-api/{}", deployed.api_id),
        aws_endpoint_url: endpoint.to_owned(),
        region: REGION.to_owned(),
        dns_server: dns.address().to_string(),
        dns_control_url: String::new(),
        zones_dir: state.zones(),
        ses_gate_url: gate.url(),
        mailbox_url: format!("{endpoint}/_ministack/ses/messages"),
        support_email: deploy::SUPPORT_EMAIL.to_owned(),
        sender_email: deploy::SENDER_EMAIL.to_owned(),
        clients,
        table: deployed.output("TableName")?,
        topic_arn: deployed.output("TopicArn")?,
        alert_queue_url: deployed.output("AlertQueueUrl")?,
        alert_dead_letter_queue_url: deployed.output("AlertDeadLetterQueueUrl")?,
        first_alert_dead_letter_queue_url: deployed.output("FirstAlertDeadLetterQueueUrl")?,
        dead_letter_queue_url: deployed.output("DeadLetterQueueUrl")?,
        tokens: deployed.tokens,
        functions: deployed.functions,
        stack_name: deploy::STACK_NAME.to_owned(),
        log_file: state.log(),
        console_url: String::new(),
        emails_url: String::new(),
        users: Users::with_password(&deployed.password),
    })
}

/// Last, so that a script that waits for `stack.json` finds a working stack.
fn publish(state: &StateDir, info: &StackInfo) -> Result<(), Error> {
    state.publish_shell_variables(&guide::shell_variables(info))?;
    let json =
        serde_json::to_string_pretty(info).map_err(|error| Error::Deploy(error.to_string()))?;
    state.publish_stack_json(&(json + "\n"))
}

/// The runtime of the parts. It is not the caller's: a test's runtime ends with the test, but
/// several tests can share a stack.
#[derive(Debug)]
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn new() -> Result<Self, Error> {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("local-stack")
            .enable_all()
            .build()
            .map(|runtime| Self(Some(runtime)))
            .map_err(|source| Error::Run {
                program: "the local stack's runtime".into(),
                source,
            })
    }

    async fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let Some(runtime) = &self.0 else {
            return Err(Error::CutShort);
        };
        let mut task = AbortOnDrop(runtime.spawn(future));
        match (&mut task.0).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
            Err(_) => Err(Error::CutShort),
        }
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        let Some(runtime) = self.0.take() else { return };
        // A thread of another runtime may not shut this one down, so a new thread does. Waiting for the
        // thread ensures that everything that the tasks hold, including child processes, is dropped.
        let ending = std::thread::spawn(move || runtime.shutdown_timeout(Duration::from_secs(2)));
        ending.join().ok();
    }
}

struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
