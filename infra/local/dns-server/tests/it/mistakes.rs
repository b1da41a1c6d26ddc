//! Invalid zones that providers nevertheless serve.

use std::fmt::Write;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, ANY, CNAME, TXT};
use hickory_proto::rr::{Name, RData};

use super::client::{ask, ask_name, code, types, values};
use super::server;

#[tokio::test]
async fn a_cname_beside_other_records_is_served_with_each_type_on_its_own() {
    let zone = "both CNAME www\nboth TXT beside\nwww A 192.0.2.1\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let at = server.address();
    let name = "both.maplehomes.com";
    assert_eq!(types(&ask(at, name, TXT).udp().await.answers), [TXT]);
    assert_eq!(types(&ask(at, name, CNAME).udp().await.answers), [CNAME]);
    assert_eq!(types(&ask(at, name, A).udp().await.answers), [CNAME, A]);
    assert_eq!(types(&ask(at, name, ANY).udp().await.answers), [CNAME, TXT]);
}

#[tokio::test]
async fn two_cnames_at_one_name_are_both_served() {
    let zone = "twice CNAME one.test.\ntwice CNAME two.test.\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let response = ask(server.address(), "twice.maplehomes.com", CNAME)
        .udp()
        .await;
    assert_eq!(values(&response.answers), ["one.test.", "two.test."]);
}

#[tokio::test]
async fn a_record_whose_name_repeats_the_zone_is_served_at_that_name() {
    let zone = "_amazonses.maplehomes.com TXT token\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let at = server.address();
    let right = ask(at, "_amazonses.maplehomes.com", TXT).udp().await;
    assert_eq!(code(&right), ResponseCode::NXDomain);
    let doubled = ask(at, "_amazonses.maplehomes.com.maplehomes.com", TXT)
        .udp()
        .await;
    assert_eq!(values(&doubled.answers), ["token"]);
}

#[tokio::test]
async fn a_loop_of_cnames_ends() {
    let zone = "a CNAME b\nb CNAME c\nc CNAME a\nself CNAME self\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let at = server.address();
    let direct = ask(at, "a.maplehomes.com", TXT).directly().udp().await;
    assert_eq!(code(&direct), ResponseCode::NoError);
    assert_eq!(types(&direct.answers), [CNAME, CNAME, CNAME]);
    for name in ["a.maplehomes.com", "self.maplehomes.com"] {
        let resolved = ask(at, name, TXT).udp().await;
        assert_eq!(code(&resolved), ResponseCode::ServFail, "{name}");
    }
    let itself = ask(at, "self.maplehomes.com", CNAME).udp().await;
    assert_eq!(values(&itself.answers), ["self.maplehomes.com."]);
}

#[tokio::test]
async fn a_chain_without_end_is_cut_off() {
    let mut zone = String::new();
    for number in 0..100 {
        writeln!(zone, "n{number} CNAME n{}", number + 1).unwrap();
    }
    let (server, _folder) = server(&[("maplehomes.com", &zone)]).await;
    let response = ask(server.address(), "n0.maplehomes.com", TXT)
        .directly()
        .tcp()
        .await
        .unwrap();
    assert!(response.answers.len() < 20);
}

#[tokio::test]
async fn almost_64_kib_of_txt_arrive_on_tcp_and_more_is_a_failure() {
    let part = "x".repeat(255);
    let mut zone = String::new();
    for number in 0..100 {
        writeln!(zone, "large TXT {number} \"{part}\" \"{part}\"").unwrap();
        writeln!(zone, "huge TXT {number} \"{part}\" \"{part}\" \"{part}\"").unwrap();
    }
    let (server, _folder) = server(&[("maplehomes.com", &zone)]).await;
    let at = server.address();
    let large = ask(at, "large.maplehomes.com", TXT).tcp().await.unwrap();
    assert_eq!(large.answers.len(), 100);
    let huge = ask(at, "huge.maplehomes.com", TXT).tcp().await.unwrap();
    assert_eq!(code(&huge), ResponseCode::ServFail);
}

#[tokio::test]
async fn control_characters_and_html_are_served_octet_for_octet() {
    let zone = "text TXT \"<script>alert(1)</script>\" \"\\000\\010\\027[31m\\255\"\n\
                bad\\010la\\.bel CNAME <b>\\032.example.\n\
                empty TXT \"\"\n";
    let (server, _folder) = server(&[("maplehomes.com", zone)]).await;
    let at = server.address();

    let text = ask(at, "text.maplehomes.com", TXT).udp().await;
    let RData::TXT(text) = &text.answers[0].data else {
        panic!("{text:?}");
    };
    assert_eq!(&*text.txt_data[0], b"<script>alert(1)</script>");
    assert_eq!(&*text.txt_data[1], b"\x00\x0a\x1b[31m\xff");
    let label: &[u8] = b"bad\nla.bel";
    let name = Name::from_labels([label, b"maplehomes", b"com"]).unwrap();
    let alias = ask_name(at, name, CNAME).udp().await;
    let RData::CNAME(target) = &alias.answers[0].data else {
        panic!("{alias:?}");
    };
    assert_eq!(target.0.iter().next(), Some(b"<b> ".as_slice()));
    let empty = ask(at, "empty.maplehomes.com", TXT).udp().await;
    assert_eq!(values(&empty.answers), [""]);
}
