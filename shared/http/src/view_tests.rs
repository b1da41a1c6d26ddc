use domain_auth::dns::Zone;
use domain_auth::records::RecordData;

use super::*;

fn shown_at(name_server: &str) -> RecordView {
    let zone = Zone {
        apex: "example.com".to_owned(),
        name_servers: vec![name_server.to_owned()],
    };
    let record = Record {
        id: RecordId::Verification,
        name: "_amazonses.mail.example.com".to_owned(),
        data: RecordData::Txt {
            text: "+token=".to_owned(),
        },
        ttl: 300,
        requirement: Requirement::Required,
    };
    record_view(record, &Panel::of(Some(&zone), "example.com"), None)
}

#[test]
fn a_record_before_its_first_look_has_the_state_not_looked_yet() {
    let view = shown_at("ns1.dns.example");
    assert_eq!(view.state, RecordState::NotLookedYet);
    assert_eq!((view.code, view.message), (None, None));
    let state = serde_json::to_value(view.state).unwrap();
    assert_eq!(state, view.state.as_str());
    assert_eq!(state, "not_looked_yet");
    assert_eq!(view.host, "_amazonses.mail");
}

#[test]
fn the_note_asks_for_quotation_marks_if_the_providers_panel_needs_them() {
    let note = |name_server| shown_at(name_server).note;
    assert!(note("ns-1.awsdns-00.com").ends_with("between quotation marks."));
    for name_server in ["ada.ns.cloudflare.com", "ns1.dns.example"] {
        assert!(note(name_server).ends_with("without quotation marks."));
    }
}
