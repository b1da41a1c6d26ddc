//! Starting, stopping, and several servers that form a small internet.

use std::net::{Ipv4Addr, SocketAddr};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, TXT};
use local_dns_server::{DnsServer, Options, StartError};
use tokio::net::UdpSocket;

use super::client::{ask, code, values};
use super::{loopback, server, write};

async fn server_at(address: SocketAddr, zone: &str, text: &str) -> (DnsServer, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), zone, text);
    let options = Options {
        zones_dir: folder.path().to_path_buf(),
        address,
    };
    (DnsServer::start(options).await.unwrap(), folder)
}

#[tokio::test]
async fn a_port_in_use_is_named_in_the_error() {
    let (first, folder) = server(&[]).await;
    let error = DnsServer::start(Options {
        zones_dir: folder.path().to_path_buf(),
        address: first.address(),
    })
    .await
    .unwrap_err();
    assert!(
        matches!(error, StartError::AddressInUse { .. }),
        "{error:?}"
    );
    let expected = format!(
        "{} (DNS, UDP and TCP) is in use by another program",
        first.address()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_port_that_only_udp_has_in_use_is_an_error_too() {
    let taken = UdpSocket::bind(loopback()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = DnsServer::start(Options {
        zones_dir: folder.path().to_path_buf(),
        address: taken.local_addr().unwrap(),
    })
    .await
    .unwrap_err();
    assert!(
        matches!(error, StartError::AddressInUse { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn after_a_server_stops_its_port_is_free() {
    let (first, _folder) = server(&[]).await;
    let address = first.address();
    assert_eq!(
        code(&ask(address, "x.test", A).tcp().await.unwrap()),
        ResponseCode::NXDomain
    );
    first.stop().await;
    let (second, _folder) = server_at(address, "maplehomes.com", "@ TXT second\n").await;
    assert_eq!(second.address(), address);
    assert_eq!(
        values(&ask(address, "maplehomes.com", TXT).udp().await.answers),
        ["second"]
    );
}

#[tokio::test]
async fn dropping_a_server_stops_it() {
    let (server, _folder) = server(&[]).await;
    let address = server.address();
    drop(server);
    tokio::task::yield_now().await;
    assert!(ask(address, "x.test", A).try_udp().await.is_none());
}

#[tokio::test]
async fn the_folder_is_made_when_it_is_missing() {
    let parent = tempfile::tempdir().unwrap();
    let zones_dir = parent.path().join("a/b/zones");
    let server = DnsServer::start(Options {
        zones_dir: zones_dir.clone(),
        address: loopback(),
    })
    .await
    .unwrap();
    assert!(zones_dir.is_dir());
    assert_ne!(server.address().port(), 0);
}

// Other systems have only 127.0.0.1 until an alias is added.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn servers_on_several_loopback_addresses_delegate_to_each_other() {
    let parent = "maplehomes NS ns1.maplehomes\n\
                  ns1.maplehomes A 127.0.0.2\n\
                  maplehomes NS ns2.maplehomes\n\
                  ns2.maplehomes A 127.0.0.3\n\
                  lame NS ns1.lame\n\
                  ns1.lame A 127.0.0.2\n\
                  far NS ns1.far\n\
                  ns1.far A 192.0.2.1\n";
    let (root, _root_folder) = server(&[("com", parent)]).await;
    let mut address = root.address();
    let long = "\"0123456789012345678901234567890123456789\" ".repeat(60);
    let child = format!("@ TXT child\nlong TXT {long}\n");
    address.set_ip(Ipv4Addr::new(127, 0, 0, 2).into());
    let (first, _first_folder) = server_at(address, "maplehomes.com", &child).await;
    address.set_ip(Ipv4Addr::new(127, 0, 0, 3).into());
    let (_second, _second_folder) = server_at(address, "maplehomes.com", &child).await;
    let at = root.address();

    let found = ask(at, "maplehomes.com", TXT).udp().await;
    assert_eq!(values(&found.answers), ["child"]);
    assert!(!found.metadata.authoritative);
    let long = ask(at, "long.maplehomes.com", TXT).tcp().await.unwrap();
    assert_eq!(values(&long.answers)[0].len(), 2_400);
    let missing = ask(at, "nowhere.maplehomes.com", TXT).udp().await;
    assert_eq!(code(&missing), ResponseCode::NXDomain);
    // The default name server of a zone is the server that holds it.
    let own = ask(first.address(), "ns1.maplehomes.com", A)
        .directly()
        .udp()
        .await;
    assert_eq!(values(&own.answers), ["127.0.0.2"]);

    first.stop().await;
    let by_the_other = ask(at, "maplehomes.com", TXT).udp().await;
    assert_eq!(values(&by_the_other.answers), ["child"]);
    for name in ["www.lame.com", "www.far.com"] {
        let response = ask(at, name, A).udp().await;
        assert_eq!(code(&response), ResponseCode::ServFail, "{name}");
    }
}
