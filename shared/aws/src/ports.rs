//! The set of ports in production.

use std::io::Stdout;
use std::marker::PhantomData;

use domain_auth::ports::Ports;

use crate::{EventTopic, MessageQueue, MetricLines, SesIdentities, SystemClock, SystemIds, Table};

/// The ports on AWS. The parameters differ between functions: DNS, for which this crate has no
/// client, and the kind of email that they send.
#[derive(Debug)]
pub struct AwsPorts<Dns = (), Mail = ()>(PhantomData<(Dns, Mail)>);

impl<Dns, Mail> Ports for AwsPorts<Dns, Mail> {
    type Store = Table;
    type Ses = SesIdentities;
    type Dns = Dns;
    type Publisher = EventTopic;
    type Mail = Mail;
    type Queue = MessageQueue;
    type Meter = MetricLines<Stdout>;
    type Clock = SystemClock;
    type Ids = SystemIds;
}
