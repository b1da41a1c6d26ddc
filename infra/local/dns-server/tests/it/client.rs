//! A client that shows the whole response.

use std::io;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use hickory_proto::op::{Edns, Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long an answer may take, on a machine with other work.
const PATIENCE: Duration = Duration::from_secs(3);

/// One query.
pub(crate) struct Ask {
    message: Message,
    server: SocketAddr,
}

/// A recursive query with the EDNS size that clients use today.
pub(crate) fn ask(server: SocketAddr, name: &str, record_type: RecordType) -> Ask {
    let mut name = Name::from_str(name).unwrap();
    name.set_fqdn(true);
    ask_name(server, name, record_type)
}

pub(crate) fn ask_name(server: SocketAddr, name: Name, record_type: RecordType) -> Ask {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, record_type));
    Ask { message, server }.edns(1_232)
}

impl Ask {
    /// Without the RD bit, like an authoritative look-up.
    pub(crate) fn directly(mut self) -> Self {
        self.message.metadata.recursion_desired = false;
        self
    }

    pub(crate) fn edns(mut self, size: u16) -> Self {
        let mut edns = Edns::new();
        edns.set_max_payload(size);
        self.message.set_edns(edns);
        self
    }

    /// With the CD bit: data that does not validate is accepted.
    pub(crate) fn unchecked(mut self) -> Self {
        self.message.metadata.checking_disabled = true;
        self
    }

    pub(crate) fn without_edns(mut self) -> Self {
        self.message.edns = None;
        self
    }

    pub(crate) async fn udp(self) -> Message {
        self.try_udp().await.expect("an answer in time").0
    }

    /// The response and its length in octets; `None` if there is none.
    pub(crate) async fn try_udp(self) -> Option<(Message, usize)> {
        let socket = UdpSocket::bind((self.server.ip(), 0)).await.unwrap();
        let octets = self.message.to_vec().unwrap();
        socket.send_to(&octets, self.server).await.unwrap();
        let mut buffer = vec![0; 65_535];
        let received = timeout(PATIENCE, socket.recv(&mut buffer)).await;
        let length = received.ok()?.unwrap();
        let response = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!(response.metadata.id, self.message.metadata.id);
        Some((response, length))
    }

    pub(crate) async fn tcp(self) -> io::Result<Message> {
        let mut stream = TcpStream::connect(self.server).await?;
        let octets = self.message.to_vec().unwrap();
        stream.write_u16(octets.len().try_into().unwrap()).await?;
        stream.write_all(&octets).await?;
        let exchange = async {
            let length = stream.read_u16().await?;
            let mut buffer = vec![0; usize::from(length)];
            stream.read_exact(&mut buffer).await?;
            Ok(Message::from_vec(&buffer).unwrap())
        };
        timeout(PATIENCE, exchange).await?
    }
}

pub(crate) fn code(message: &Message) -> ResponseCode {
    message.metadata.response_code
}

/// Each record's value as text, in order.
pub(crate) fn values(records: &[Record]) -> Vec<String> {
    records
        .iter()
        .map(|record| match &record.data {
            RData::TXT(text) => text
                .txt_data
                .iter()
                .map(|part| String::from_utf8_lossy(part))
                .collect(),
            other => other.to_string(),
        })
        .collect()
}

pub(crate) fn types(records: &[Record]) -> Vec<RecordType> {
    records.iter().map(Record::record_type).collect()
}
