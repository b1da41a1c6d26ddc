//! Every format is read back by a parser of another project, and holds the same records.

use proptest::prelude::*;

use super::readers::{read, read_route53, read_terraform, rows_of};
use super::*;
use crate::diagnosis::scene::{OTHER_TOKEN, Scene, TOKEN, cname, mx, txt};
use crate::dns::Zone;
use crate::names::{ClientId, DomainName};
use crate::records::{Record, RecordData, RecordId, Requirement};

fn client() -> ClientId {
    ClientId::parse("maple.homes/north").unwrap()
}

fn render_all(format: HandoffFormat, records: &[Record]) -> String {
    let domain = DomainName::parse("example.com").unwrap();
    let zone = Zone {
        apex: "example.com".to_owned(),
        name_servers: vec!["ns1.dns.example".to_owned()],
    };
    let handoff = Handoff {
        domain: &domain,
        zone: Some(&zone),
        records,
        observations: &[],
        client: &client(),
    };
    render(format, &handoff).unwrap().body
}

/// Everything that may be in a text that has to survive, longer than one character-string too.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{1,40}",
        1 => "[ -~]{250,700}",
        1 => r#"[=+@-][ -~]{0,9}|["'\\]{1,9}|[$%]\{[a-z.]{0,9}\}|[$%]{1,4}\{?|a,b;c|<b>&amp;"#,
    ]
    .prop_map(|text| format!("x{text}x"))
}

fn any_record() -> impl Strategy<Value = Record> {
    // No two hyphens in a row: `xn--` begins an A-label, which a parser may check.
    let label = "[a-z0-9_][a-z0-9]{0,9}(-[a-z0-9]{1,9})?";
    let name = (label, label).prop_map(|(a, b)| format!("{a}.{b}.example.com"));
    let host = (label, label).prop_map(|(a, b)| format!("{a}.{b}.example.net"));
    let data = prop_oneof![
        3 => any_text().prop_map(|text| RecordData::Txt { text }),
        1 => host.clone().prop_map(|target| RecordData::Cname { target }),
        1 => (any::<u16>(), host).prop_map(|(preference, exchange)| RecordData::Mx { preference, exchange }),
    ];
    (name, data, 1u32..86_400).prop_map(|(name, data, ttl)| Record {
        id: RecordId::Verification,
        name,
        data,
        ttl,
        requirement: Requirement::Recommended,
    })
}

fn any_records() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::vec(any_record(), 1..6)
}

#[test]
fn a_time_is_written_in_words_with_its_time_zone() {
    let noon = "2026-06-01T12:00:00Z".parse().unwrap();
    assert_eq!(super::in_words(noon), "1 June 2026, 12:00 UTC");
}

#[test]
fn each_format_holds_the_whole_record_set() {
    let records = Scene::right().records;
    for format in HandoffFormat::ALL {
        let body = render_all(format, &records);
        assert_eq!(read(format, &body), rows_of(&records), "{format}: {body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rendered_records_are_read_back_unchanged(records in any_records()) {
        for format in HandoffFormat::ALL {
            let body = render_all(format, &records);
            prop_assert_eq!(read(format, &body), rows_of(&records), "{}: {}", format, body);
        }
    }

    #[test]
    fn a_value_that_looks_like_a_formula_is_handed_over_as_it_is(
        text in "[=+@\t\r-][ -~]{0,20}",
        records in any_records(),
    ) {
        let mut records = records;
        records[0].data = RecordData::Txt { text: text.clone() };
        let body = render_all(HandoffFormat::Csv, &records);
        let mut reader = ::csv::Reader::from_reader(body.as_bytes());
        let first = reader.records().next().unwrap().unwrap();
        prop_assert_eq!(&first[3], text.as_str());
    }

    #[test]
    fn a_client_id_is_never_a_formula(client in "[=+@-][A-Za-z0-9_.:@/+=-]{0,40}") {
        let domain = DomainName::parse("example.com").unwrap();
        let records = [crate::records::ownership_record(&domain, "s3cret")];
        let client = ClientId::parse(&client).unwrap();
        let handoff = Handoff {
            domain: &domain,
            zone: None,
            records: &records,
            observations: &[],
            client: &client,
        };
        let body = render(HandoffFormat::Csv, &handoff).unwrap().body;
        let mut reader = ::csv::Reader::from_reader(body.as_bytes());
        for line in reader.records() {
            for cell in &line.unwrap() {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            }
        }
    }
}

#[test]
fn html_is_escaped() {
    let mut records = Scene::right().records;
    records[0].data = RecordData::Txt {
        text: "<script>alert(\"1\")</script>&".to_owned(),
    };
    let body = render_all(HandoffFormat::Html, &records);
    assert!(!body.contains("<script"), "{body}");
}

fn handoff_of(scene: &Scene, format: HandoffFormat) -> String {
    let observations = scene.observations();
    let context = scene.context();
    let handoff = Handoff {
        domain: &scene.domain,
        zone: context.found_zone(),
        records: &scene.records,
        observations: &observations,
        client: &client(),
    };
    render(format, &handoff).unwrap().body
}

#[test]
fn an_existing_policy_is_left_alone_in_every_format() {
    for scene in [
        Scene::bare("example.com", "example.com")
            .publish("_dmarc.example.com", txt("v=DMARC1; p=reject")),
        Scene::bare("mail.example.com", "example.com")
            .publish("_dmarc.example.com", txt("v=DMARC1")),
    ] {
        for format in HandoffFormat::ALL {
            let body = handoff_of(&scene, format);
            assert!(!body.contains("_dmarc."), "{format}: {body}");
        }
    }
}

#[test]
fn a_change_batch_keeps_the_values_already_at_the_name() {
    let scene = Scene::bare("example.com", "example.com")
        .publish("_amazonses.example.com", txt(OTHER_TOKEN))
        .publish("_amazonses.example.com", txt("quote\" back\\092 nul\\000"))
        .publish("bounce.example.com", txt("v=spf1 mx -all"))
        .publish(
            "bounce.example.com",
            mx("feedback-smtp.eu-west-1.amazonses.com"),
        );
    let rows = read_route53(&handoff_of(&scene, HandoffFormat::Route53));
    let at = |name: &str, kind: &str| -> Vec<&str> {
        let here = rows.iter().filter(|(n, k, _)| n == name && k == kind);
        here.map(|(_, _, value)| value.as_str()).collect()
    };
    let mut texts = at("_amazonses.example.com", "TXT");
    texts.sort_unstable();
    let mut expected = [TOKEN, OTHER_TOKEN, "quote\" back\\ nul\0"];
    expected.sort_unstable();
    assert_eq!(texts, expected);
    assert_eq!(
        at("bounce.example.com", "TXT"),
        ["v=spf1 mx include:amazonses.com -all"]
    );
    assert_eq!(
        at("bounce.example.com", "MX"),
        ["10 feedback-smtp.us-east-1.amazonses.com"]
    );
    let terraform = read_terraform(&handoff_of(&scene, HandoffFormat::Terraform));
    assert_eq!(terraform, rows);
}

#[test]
fn a_change_batch_replaces_only_known_record_sets() {
    let actions = |body: &str| -> Vec<(String, String)> {
        let batch: serde_json::Value = serde_json::from_str(body).unwrap();
        let changes = batch["Changes"].as_array().unwrap().iter();
        changes
            .map(|c| {
                let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
                (text(&c["Action"]), text(&c["ResourceRecordSet"]["Type"]))
            })
            .collect()
    };
    let unseen = render_all(HandoffFormat::Route53, &Scene::right().records);
    for (action, kind) in actions(&unseen) {
        assert_eq!(action, if kind == "CNAME" { "UPSERT" } else { "CREATE" });
    }
    let seen = handoff_of(
        &Scene::bare("example.com", "example.com"),
        HandoffFormat::Route53,
    );
    assert!(
        actions(&seen).iter().all(|(action, _)| action == "UPSERT"),
        "{seen}"
    );
    let silent = (0..3).fold(Scene::right(), |scene, server| {
        scene.fault(server, crate::dns::Outcome::TimedOut)
    });
    let silent = actions(&handoff_of(&silent, HandoffFormat::Route53));
    assert!(
        silent
            .iter()
            .all(|(action, kind)| kind == "CNAME" || action == "CREATE")
    );
}

#[test]
fn hosts_are_in_the_form_of_the_provider() {
    let scene = Scene::bare("mail.example.com", "example.com");
    let cloudflare = scene.clone().at_provider("ada.ns.cloudflare.com");
    let text = handoff_of(&cloudflare, HandoffFormat::Text);
    assert!(
        text.contains("Where: Cloudflare, https://dash.cloudflare.com/\n  1. Choose your domain."),
        "{text}"
    );
    assert!(text.contains("   Name: _amazonses.mail\n"), "{text}");
    let html = handoff_of(&cloudflare, HandoffFormat::Html);
    assert!(
        html.contains("<code data-field=\"host\">_amazonses.mail</code>"),
        "{html}"
    );
    let csv = handoff_of(&scene, HandoffFormat::Csv);
    assert!(
        csv.contains("TXT,_amazonses.mail,_amazonses.mail.example.com,"),
        "{csv}"
    );
}

#[test]
fn a_contested_claim_is_handed_off_as_its_one_record() {
    let mut scene = Scene::bare("example.com", "example.com")
        .publish("*.example.com", cname("www.example.com"));
    scene.records = vec![crate::records::ownership_record(&scene.domain, "s3cret")];
    for format in HandoffFormat::ALL {
        let rows = read(format, &handoff_of(&scene, format));
        assert_eq!(rows, rows_of(&scene.records), "{format}");
    }
}

#[test]
fn every_format_of_an_ownership_record_says_what_publishing_it_does() {
    let mut scene = Scene::bare("example.com", "example.com");
    let others = HandoffFormat::ALL.map(|format| handoff_of(&scene, format));
    scene.records = vec![crate::records::ownership_record(&scene.domain, "s3cret")];
    for (format, other) in HandoffFormat::ALL.into_iter().zip(others) {
        let body = handoff_of(&scene, format);
        let words: Vec<&str> = body.split_whitespace().collect();
        let body = words.join(" ");
        let client = match format {
            HandoffFormat::Text | HandoffFormat::Html | HandoffFormat::Json => {
                "maple[.]homes/north"
            }
            HandoffFormat::Zone | HandoffFormat::Csv => "maple.homes/north",
            HandoffFormat::Terraform | HandoffFormat::Route53 => "maple.homes/north",
        };
        let goes_to = [
            format!("example.com goes to {client}, a client of Lasso"),
            format!("Gives the domain to {client}, a client of Lasso"),
        ];
        assert!(
            goes_to.iter().any(|text| body.contains(text)),
            "{format}: {body}"
        );
        assert!(
            body.contains("only on behalf of that organization"),
            "{format}: {body}"
        );
        assert!(!body.contains("may send mail from"), "{format}: {body}");
        assert!(!other.contains("a client of Lasso"), "{format}: {other}");
    }
}

#[test]
fn the_comment_of_a_change_batch_is_no_longer_than_route_53_accepts() {
    let domain = DomainName::parse(&format!("{}example.com", "abcdefgh.".repeat(22))).unwrap();
    let client = ClientId::parse(&"c".repeat(128)).unwrap();
    let ownership = crate::records::ownership_record(&domain, "s3cret");
    for records in [vec![ownership], Scene::right().records] {
        let handoff = Handoff {
            domain: &domain,
            zone: None,
            records: &records,
            observations: &[],
            client: &client,
        };
        let body = render(HandoffFormat::Route53, &handoff).unwrap().body;
        let batch: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(batch["Comment"].as_str().unwrap().len() <= 256, "{batch}");
    }
}

#[test]
fn file_names_of_documents_are_safe_in_a_header() {
    let domain = DomainName::parse("bücher.example").unwrap();
    let handoff = Handoff {
        domain: &domain,
        zone: None,
        records: &[],
        observations: &[],
        client: &client(),
    };
    for format in HandoffFormat::ALL {
        let document = render(format, &handoff).unwrap();
        assert!(
            document
                .file_name
                .starts_with("xn--bcher-kva.example-dns-records.")
        );
        assert!(
            document
                .file_name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        );
    }
}

fn without(ids: &[RecordId]) -> Scene {
    let mut scene = Scene::bare("example.com", "example.com");
    scene.records.retain(|record| !ids.contains(&record.id));
    scene
}

const TEXTS: [HandoffFormat; 2] = [HandoffFormat::Text, HandoffFormat::Html];

#[test]
fn records_not_needed_for_sending_are_not_said_to_let_lasso_send() {
    // A key of its owner, and no TXT token.
    let scene = without(&[
        RecordId::Verification,
        RecordId::Dkim1,
        RecordId::Dkim2,
        RecordId::Dkim3,
    ]);
    for format in TEXTS {
        let body = handoff_of(&scene, format);
        assert!(body.contains("v=DMARC1"), "{body}");
        assert!(body.contains("without them"), "{body}");
        assert!(!body.contains("so that Lasso may send"), "{body}");
        let body = handoff_of(&Scene::bare("example.com", "example.com"), format);
        assert!(body.contains("so that Lasso may send"), "{body}");
    }
}

#[test]
fn a_handoff_without_records_asks_for_none() {
    let ids = Scene::right()
        .records
        .iter()
        .map(|record| record.id)
        .collect::<Vec<_>>();
    for format in TEXTS {
        let body = handoff_of(&without(&ids), format);
        assert!(body.contains("There is no record to add"), "{body}");
        assert!(!body.contains("Please add"), "{body}");
    }
}

#[test]
fn required_cname_records_are_said_to_prove_the_domain() {
    let mut scene = without(&[RecordId::Verification]);
    let body = handoff_of(&scene, HandoffFormat::Text);
    assert!(!body.contains("proves to Amazon SES"), "{body}");
    for record in &mut scene.records {
        if record.id == RecordId::Dkim1 {
            record.requirement = Requirement::Required;
        }
    }
    let body = handoff_of(&scene, HandoffFormat::Text);
    assert!(
        body.contains("CNAME record (required): proves to Amazon SES"),
        "{body}"
    );
}
