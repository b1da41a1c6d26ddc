//! Hand-offs if a wildcard or another service is at a name.

use super::readers::{read_route53, read_terraform};
use super::*;
use crate::diagnosis::scene::{OTHER_TOKEN, Scene, TOKEN, cname, mx, txt};
use crate::names::ClientId;

fn document(scene: &Scene, format: HandoffFormat) -> String {
    let observations = scene.observations();
    let context = scene.context();
    let client = ClientId::parse("maple-homes").unwrap();
    let handoff = Handoff {
        domain: &scene.domain,
        zone: context.found_zone(),
        records: &scene.records,
        observations: &observations,
        client: &client,
    };
    render(format, &handoff).unwrap().body
}

fn texts_at(scene: &Scene, name: &str) -> Vec<String> {
    let batch = read_route53(&document(scene, HandoffFormat::Route53));
    let terraform = read_terraform(&document(scene, HandoffFormat::Terraform));
    assert_eq!(batch, terraform);
    let here = batch
        .into_iter()
        .filter(|(at, kind, _)| at == name && kind == "TXT");
    here.map(|(_, _, value)| value).collect()
}

#[test]
fn wildcard_answers_are_not_repeated_in_a_record_set() {
    let wildcard = Scene::bare("example.com", "example.com")
        .publish("*.example.com", txt("v=spf1 -all"))
        .publish("*.example.com", mx("mail.example.net"));
    assert_eq!(texts_at(&wildcard, "_amazonses.example.com"), [TOKEN]);
    let spf = "v=spf1 include:amazonses.com ~all";
    assert_eq!(texts_at(&wildcard, "bounce.example.com"), [spf]);
    let own = wildcard.publish("_amazonses.example.com", txt(OTHER_TOKEN));
    let mut texts = texts_at(&own, "_amazonses.example.com");
    texts.sort_unstable();
    let mut both = [TOKEN, OTHER_TOKEN];
    both.sort_unstable();
    assert_eq!(texts, both);
}

#[test]
fn the_txt_token_is_placed_at_the_domain_if_a_foreign_cname_has_its_name() {
    let scene = Scene::bare("example.com", "example.com")
        .publish("_amazonses.example.com", cname("verify.example.net"))
        .publish("example.com", txt("v=spf1 -all"));
    assert_eq!(texts_at(&scene, "_amazonses.example.com"), [""; 0]);
    let mut texts = texts_at(&scene, "example.com");
    texts.sort_unstable();
    assert_eq!(texts, [TOKEN, "v=spf1 -all"]);
    for format in HandoffFormat::ALL {
        let body = document(&scene, format);
        assert!(
            body.contains(TOKEN) && !body.contains("_amazonses"),
            "{format}: {body}"
        );
    }
}
