//! A name server that a test writes in a few lines, for behaviour that no real one has.

use std::net::SocketAddr;

use hickory_proto::op::Message;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// Answers on UDP with whatever the function makes of a query. Stops when dropped.
pub(crate) struct OddServer {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl OddServer {
    pub(crate) async fn start(answer: impl Fn(Message) -> Vec<Vec<u8>> + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
                for response in answer(Message::from_vec(&buffer[..length]).unwrap()) {
                    socket.send_to(&response, from).await.unwrap();
                }
            }
        });
        Self { address, task }
    }
}

impl Drop for OddServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An empty response to a query.
pub(crate) fn response_to(query: &Message) -> Message {
    let mut response = Message::response(query.metadata.id, query.metadata.op_code);
    response.metadata.recursion_available = true;
    response.metadata.authoritative = true;
    response.add_queries(query.queries.clone());
    response
}
