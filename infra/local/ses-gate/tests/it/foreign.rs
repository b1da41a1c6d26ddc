//! Identities that a test creates at the control address, and what the control address shows of
//! them.

use aws_sdk_ses::error::ProvideErrorMetadata;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn an_identity_can_be_created_in_any_state_and_both_apis_return_it() {
    let bench = Bench::new().await;
    let made = json!([
        {
            "name": "Shop.example", "tags": { "owner": "shop" }, "verified": true,
            "dkim": "external", "selector": "acme", "mail_from": "bounce.shop.example",
            "mail_from_status": "Failed", "configuration_set": "shop",
        },
        { "name": "hand.example", "token": true, "dkim": "none", "status": "Failed" },
        { "name": "news.example" },
        { "name": "sales@address.example" },
    ]);
    let report = bench.control(json!({ "identities": made })).await;
    assert_eq!(report["identities"], 4);

    let get = bench.v2.get_email_identity().email_identity("shop.example");
    let shop = get.send().await.unwrap();
    assert!(shop.verified_for_sending_status);
    assert_eq!(shop.configuration_set_name.as_deref(), Some("shop"));
    assert_eq!(shop.tags()[0].key, "owner");
    assert_eq!(shop.dkim_attributes.unwrap().tokens(), ["acme"]);
    let mail_from = shop.mail_from_attributes.unwrap();
    assert_eq!(mail_from.mail_from_domain, "bounce.shop.example");
    assert_eq!(mail_from.mail_from_domain_status.as_str(), "FAILED");

    let asked = bench.v1.get_identity_verification_attributes();
    let asked = asked.identities("hand.example").identities("news.example");
    let answer = asked.send().await.unwrap().verification_attributes;
    assert_eq!(
        answer["hand.example"].verification_status.as_str(),
        "Failed"
    );
    assert!(answer["hand.example"].verification_token.is_some());
    assert_eq!(
        answer["news.example"].verification_status.as_str(),
        "Pending"
    );
    assert!(answer["news.example"].verification_token.is_none());
    assert_eq!(
        bench.status("sales@address.example").await.unwrap(),
        "Success"
    );
    let create = bench
        .v2
        .create_email_identity()
        .email_identity("news.example");
    let error = create.send().await.unwrap_err().into_service_error();
    assert!(error.is_already_exists_exception(), "{error:?}");
}

#[tokio::test]
async fn identities_created_as_verified_need_no_records_unless_they_follow_dns() {
    let bench = Bench::new().await;
    let made = json!([
        { "name": "fixed.example", "verified": true },
        { "name": "follows.example", "verified": true, "follow_dns": true },
    ]);
    bench.control(json!({ "identities": made })).await;
    bench.control(json!({ "advance_seconds": 1_000_000 })).await;
    assert_eq!(bench.status("fixed.example").await.unwrap(), "Success");
    let status = bench.status("follows.example").await.unwrap();
    assert_eq!(status, "TemporaryFailure");
}

#[tokio::test]
async fn verifying_a_verified_domain_again_keeps_or_restarts_it_as_configured() {
    let bench = Bench::new().await;
    for (verified_again, expected) in [("keeps", "Success"), ("pending", "Pending")] {
        let settings = json!({
            "behaviour": { "verified_again": verified_again },
            "identities": [{ "name": "maple.com", "verified": true }],
        });
        let report = bench.control(settings).await;
        assert_eq!(report["behaviour"]["verified_again"], verified_again);
        let token = bench.verify("maple.com").await;
        assert_eq!(bench.status("maple.com").await.unwrap(), expected);
        let get = bench.v2.get_email_identity().email_identity("maple.com");
        let may_send = get.send().await.unwrap().verified_for_sending_status;
        assert_eq!(may_send, expected == "Success");
        let line = format!("_amazonses.maple.com. TXT \"{token}\"");
        bench.publish("maple.com", &[line]).await;
        assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
        bench.publish("maple.com", &[]).await;
    }
}

#[tokio::test]
async fn the_report_of_an_identity_shows_what_it_has_and_who_called() {
    let bench = Bench::new().await;
    let made =
        json!([{ "name": "maple.com", "tags": { "a": "1" }, "verified": true, "token": true }]);
    bench.control(json!({ "identities": made })).await;
    let before = bench.shown("maple.com").await;
    assert_eq!(before["name"], "maple.com");
    assert_eq!(before["exists"], true);
    assert_eq!(before["tags"], json!({ "a": "1" }));
    assert_eq!(before["verification"], "Success");
    assert_eq!(before["dkim"], "easy");
    assert_eq!(before["dkim_tokens"].as_array().unwrap().len(), 3);
    assert_eq!(before["mail_from"], json!(null));
    assert_eq!(before["calls"], json!([]));

    let faults = json!([
        { "operation": "DeleteEmailIdentity", "times": 1, "error": "drop" },
        { "operation": "DeleteEmailIdentity", "times": 1, "error": "Throttling" },
        { "operation": "PutEmailIdentityConfigurationSetAttributes", "error": "drop_after" },
    ]);
    bench.control(json!({ "faults": faults })).await;
    let delete = |client: &aws_sdk_sesv2::Client| {
        client
            .delete_email_identity()
            .email_identity("maple.com")
            .send()
    };
    delete(&bench.v2).await.unwrap_err();
    delete(&bench.v2).await.unwrap_err();
    let (_, denied) = bench.denied();
    delete(&denied).await.unwrap_err();
    bench.status("MAPLE.com").await;
    let set = bench.v2.put_email_identity_configuration_set_attributes();
    let set = set.email_identity("maple.com").configuration_set_name("x");
    set.send().await.unwrap_err();

    let after = bench.shown("maple.com").await;
    let mut calls = after["calls"].clone();
    for call in calls.as_array_mut().unwrap() {
        assert!(call["at"].as_str().unwrap().ends_with('Z'), "{call}");
        call.as_object_mut().unwrap().remove("at");
    }
    let call = |operation: &str, changes, caller: &str, outcome: &str, answer_lost| {
        json!({
            "operation": operation, "changes": changes, "caller": caller, "outcome": outcome,
            "answer_lost": answer_lost,
        })
    };
    let set = "PutEmailIdentityConfigurationSetAttributes";
    let expected = json!([
        call("DeleteEmailIdentity", true, "ALLOWED", "drop", false),
        call(
            "DeleteEmailIdentity",
            true,
            "ALLOWED",
            "TooManyRequestsException",
            false
        ),
        call(
            "DeleteEmailIdentity",
            true,
            "DENIED",
            "AccessDeniedException",
            false
        ),
        call(
            "GetIdentityVerificationAttributes",
            false,
            "ALLOWED",
            "done",
            false
        ),
        call(set, true, "ALLOWED", "done", true),
    ]);
    assert_eq!(calls, expected);
    assert_eq!(after["configuration_set"], "x");
    assert_eq!(after["tags"], before["tags"]);
    assert_eq!(after["token"], before["token"]);
}

#[tokio::test]
async fn all_identities_are_shown_on_request() {
    let bench = Bench::new().await;
    bench.create("b.com").await;
    bench.verify("a.com").await;
    let report = bench.report_with("identities=true").await;
    assert_eq!(report["identities"], 2);
    let list = report["identity_list"].as_array().unwrap();
    let names: Vec<_> = list.iter().map(|one| one["name"].as_str()).collect();
    assert_eq!(names, [Some("a.com"), Some("b.com")]);
    assert_eq!(list[0]["dkim"], "none");
    assert_eq!(list[1]["token"], json!(null));
    let report = bench.report_with("identites=true").await;
    assert!(report["error"].as_str().unwrap().contains("is not known"));
}

#[tokio::test]
async fn calls_of_unknown_operations_are_in_the_report() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    let feedback = bench.v2.put_email_identity_feedback_attributes();
    // The response of the stand-in for the emulator does not matter.
    let sent = feedback.email_identity("maple.com").send().await;
    sent.unwrap_err();
    let report = bench.shown("maple.com").await;
    let call = report["calls"].as_array().unwrap().last().unwrap();
    assert_eq!(
        call["operation"],
        "PUT /v2/email/identities/maple.com/feedback"
    );
    assert_eq!(
        (&call["changes"], &call["outcome"]),
        (&json!(true), &json!("NotFoundException"))
    );
}

#[tokio::test]
async fn a_fault_can_apply_to_the_calls_that_name_one_identity() {
    let bench = Bench::new().await;
    for name in ["a.com", "b.com", "c.com"] {
        bench.create(name).await;
    }
    let operation = "GetIdentityVerificationAttributes";
    let faults = json!([
        { "operation": operation, "times": null, "error": "InvalidParameterValue", "identity": "B.com" },
        { "operation": "*", "times": 1, "error": "drop", "identity": "c.com" },
    ]);
    let report = bench.control(json!({ "faults": faults })).await;
    assert_eq!(report["faults"], faults);
    let ask = |names: &[&str]| {
        let names = names.iter().map(ToString::to_string).collect();
        let asked = bench.v1.get_identity_verification_attributes();
        asked.set_identities(Some(names)).send()
    };
    for _ in 0..2 {
        let error = ask(&["a.com", "b.com"]).await.unwrap_err();
        let error = error.into_service_error();
        assert_eq!(error.code(), Some("InvalidParameterValue"));
    }
    let answer = ask(&["a.com"]).await.unwrap();
    assert_eq!(answer.verification_attributes.len(), 1);
    let get = |name: &str| bench.v2.get_email_identity().email_identity(name).send();
    get("a.com").await.unwrap();
    get("c.com").await.unwrap_err();
    get("c.com").await.unwrap();
    get("b.com").await.unwrap();
}

#[tokio::test]
async fn an_invalid_identity_description_is_refused_and_creates_nothing() {
    let bench = Bench::new().await;
    for (made, expected) in [
        (json!({ "name": "" }), "is the name of a domain"),
        (
            json!({ "name": "a.com", "colour": 1 }),
            "unknown field `colour`",
        ),
        (
            json!({ "name": "a.com", "dkim": "external" }),
            "has a `selector`",
        ),
        (
            json!({ "name": "a.com", "selector": "s" }),
            "is for external `dkim`",
        ),
        (json!({ "name": "a.com", "dkim": "none" }), "has a `token`"),
        (
            json!({ "name": "a.com", "mail_from": "b.org" }),
            "is a domain below it",
        ),
        (
            json!({ "name": "a.com", "verified": true, "status": "Failed" }),
            "another `status`",
        ),
    ] {
        let all = json!({ "identities": [{ "name": "good.com" }, made], "rate": 7 });
        let (status, answer) = bench.post_control(all.to_string()).await;
        assert_eq!(status, 400, "{made}");
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains(expected), "{made}: {message}");
    }
    let report = bench.report().await;
    assert_eq!(
        (&report["identities"], &report["rate"]),
        (&json!(0), &json!(null))
    );
}
