//! The set of ports for most tests.

use std::marker::PhantomData;

use domain_auth::ports::Ports;

use crate::{
    FakeDns, FakeSes, MemoryStore, RecordingMeter, RecordingTopic, SequentialIds, TestClock,
};

/// The fakes of this crate. A test can add its own fakes of DNS and email.
#[derive(Debug)]
pub struct TestPorts<Dns = FakeDns, Mail = ()>(PhantomData<(Dns, Mail)>);

impl<Dns, Mail> Ports for TestPorts<Dns, Mail> {
    type Store = MemoryStore;
    type Ses = FakeSes;
    type Dns = Dns;
    type Publisher = RecordingTopic;
    type Mail = Mail;
    type Queue = ();
    type Meter = RecordingMeter;
    type Clock = TestClock;
    type Ids = SequentialIds;
}
