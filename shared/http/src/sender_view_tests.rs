//! The sentences about senders.

use super::*;

fn refused(when: When, percent: Option<u8>) -> String {
    let by = DomainName::parse("strict.example").unwrap();
    let refused = RefusedByDmarc {
        author: DomainName::parse("news.strict.example").unwrap(),
        policy_of: by.to_string(),
        policy: Policy::Reject,
        when,
        percent,
        is_signed: true,
    };
    refusal(&by, &refused)
}

#[test]
fn the_warning_about_refused_mail_states_its_condition_and_older_mail_servers() {
    let always = refused(When::Always, None);
    let policy = "the DMARC policy at _dmarc.strict.example is reject, and";
    assert!(always.contains(policy), "{always}");
    let nonexistent = refused(When::Nonexistent, None);
    let condition = "would be refused if news.strict.example has no records in DNS: ";
    assert!(nonexistent.contains(condition), "{nonexistent}");
    assert!(nonexistent.contains("is then reject, and"), "{nonexistent}");
    let exists = refused(When::Exists, None);
    assert!(exists.contains("has records in DNS: "), "{exists}");
    let percent = refused(When::Always, Some(0));
    let older = "is reject, which older mail servers apply to 0 % of the mail (pct=0), and";
    assert!(percent.contains(older), "{percent}");
}

#[test]
fn the_message_says_that_lasso_support_removed_the_name() {
    let view = SenderView::from(Verdict::RemovedBySupport {
        name: DomainName::parse("pubb.com").unwrap(),
        at: "2026-11-27T12:00:00Z".parse().unwrap(),
    });
    assert_eq!(
        view.message,
        "Lasso support removed pubb.com on 27 November 2026. To use it again, add it."
    );
    assert_eq!(view.reason, SenderReason::NotInitiated);
}
