//! One set of identities, seen through two APIs.

use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_sesv2::types::Tag;
use serde_json::json;

use super::Bench;

#[tokio::test]
async fn both_apis_see_the_same_identities() {
    let bench = Bench::new().await;
    let token = bench.verify("by-v1.com").await;
    let get = bench.v2.get_email_identity().email_identity("by-v1.com");
    let dkim = get.send().await.unwrap().dkim_attributes.unwrap();
    assert_eq!(dkim.status.unwrap().as_str(), "NOT_STARTED");

    bench.create("by-v2.com").await;
    let attributes = bench.v1.get_identity_verification_attributes();
    let answer = attributes
        .identities("by-v1.com")
        .identities("by-v2.com")
        .send()
        .await
        .unwrap();
    let of = |name: &str| {
        answer.verification_attributes[name]
            .verification_token
            .clone()
    };
    assert_eq!(of("by-v1.com"), Some(token));
    assert_eq!(of("by-v2.com"), None);
    // The reference does not say whether there is a token before one was requested.
    let unasked = json!({ "behaviour": { "token_unasked": true } });
    bench.control(unasked).await;
    let attributes = bench.v1.get_identity_verification_attributes();
    let answer = attributes.identities("by-v2.com").send().await.unwrap();
    let attributes = &answer.verification_attributes["by-v2.com"];
    assert!(attributes.verification_token.is_some());
    let listed = bench.v1.list_identities().send().await.unwrap();
    // The third is an identity that the stand-in for the emulator has.
    assert_eq!(
        listed.identities,
        ["by-v1.com", "by-v2.com", "made-by-v1.com"]
    );
}

#[tokio::test]
async fn unknown_names_are_left_out_of_a_batch() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    assert_eq!(bench.status("unknown.com").await, None);
    let asked = bench.v1.get_identity_dkim_attributes();
    let answer = asked
        .identities("unknown.com")
        .identities("maple.com")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.dkim_attributes.len(), 1);
    // Without a MAIL FROM domain there is an entry without a meaningful status.
    let asked = bench.v1.get_identity_mail_from_domain_attributes();
    let answer = asked.identities("maple.com").send().await.unwrap();
    assert_eq!(
        answer.mail_from_domain_attributes["maple.com"].mail_from_domain,
        ""
    );
}

#[tokio::test]
async fn tokens_stay_the_same_for_the_same_domain() {
    let bench = Bench::new().await;
    let first = bench.create("maple.com").await;
    let token = bench.verify("Maple.COM").await;
    let delete = bench.v2.delete_email_identity().email_identity("maple.com");
    delete.send().await.unwrap();
    assert_eq!(bench.create("maple.com").await, first);
    assert_eq!(bench.verify("maple.com").await, token);
    let by_v1 = bench
        .v1
        .verify_domain_dkim()
        .domain("maple.com")
        .send()
        .await
        .unwrap();
    let lines = by_v1.dkim_tokens.iter();
    let lines = lines.map(|t| format!("{t}._domainkey.maple.com. CNAME {t}.dkim.amazonses.com."));
    assert_eq!(lines.collect::<Vec<_>>(), first);
    assert_ne!(bench.verify("cedar.com").await, token);
}

#[tokio::test]
async fn creating_twice_and_deleting_twice_return_different_errors() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    let create = bench.v2.create_email_identity().email_identity("maple.com");
    let error = create.send().await.unwrap_err().into_service_error();
    assert!(error.is_already_exists_exception(), "{error:?}");
    let delete = || {
        bench
            .v2
            .delete_email_identity()
            .email_identity("maple.com")
            .send()
    };
    delete().await.unwrap();
    let error = delete().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");
    let get = bench.v2.get_email_identity().email_identity("maple.com");
    let error = get.send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");
    let put = bench
        .v2
        .put_email_identity_mail_from_attributes()
        .email_identity("maple.com");
    let error = put.send().await.unwrap_err().into_service_error();
    assert!(error.is_not_found_exception(), "{error:?}");
    bench
        .v1
        .delete_identity()
        .identity("maple.com")
        .send()
        .await
        .unwrap();
    assert_eq!(bench.status("maple.com").await, None);
}

#[tokio::test]
async fn twenty_simultaneous_creations_make_one_identity() {
    let bench = Bench::new().await;
    let all = (0..20).map(|_| {
        let create = bench.v2.create_email_identity().email_identity("maple.com");
        tokio::spawn(create.send())
    });
    let mut made = 0;
    for one in all.collect::<Vec<_>>() {
        match one.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(error.into_service_error().is_already_exists_exception()),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn tags_given_at_creation_come_back() {
    let bench = Bench::new().await;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let create = bench.v2.create_email_identity().email_identity("maple.com");
    create
        .tags(tag("client", "maple-homes"))
        .send()
        .await
        .unwrap();
    let arn = "arn:aws:ses:eu-west-1:000000000000:identity/maple.com";
    let more = bench.v2.tag_resource().resource_arn(arn);
    more.tags(tag("stack", "test")).send().await.unwrap();
    let get = bench.v2.get_email_identity().email_identity("maple.com");
    assert_eq!(
        get.send().await.unwrap().tags(),
        [tag("client", "maple-homes"), tag("stack", "test")]
    );
}

#[tokio::test]
async fn an_identity_created_directly_at_the_emulator_is_pending() {
    let bench = Bench::new().await;
    let get = bench
        .v2
        .get_email_identity()
        .email_identity("made-elsewhere.com");
    assert!(!get.send().await.unwrap().verified_for_sending_status);
    assert_eq!(bench.status("made-elsewhere.com").await.unwrap(), "Pending");
    assert_eq!(bench.status("made-by-v1.com").await.unwrap(), "Pending");
    // A deleted identity stays deleted, whatever the emulator's other store returns.
    let delete = bench
        .v2
        .delete_email_identity()
        .email_identity("made-by-v1.com");
    delete.send().await.unwrap();
    assert_eq!(bench.status("made-by-v1.com").await, None);
}

#[tokio::test]
async fn an_email_address_is_verified_at_once() {
    let bench = Bench::new().await;
    let create = bench.v2.create_email_identity().email_identity("a@b.com");
    let created = create.send().await.unwrap();
    assert!(created.verified_for_sending_status);
    assert_eq!(created.identity_type.unwrap().as_str(), "EMAIL_ADDRESS");
    assert_eq!(bench.status("a@b.com").await.unwrap(), "Success");
}

#[tokio::test]
async fn a_batch_may_have_at_most_100_names() {
    let bench = Bench::new().await;
    let ask = |count: usize| {
        let names = (0..count).map(|number| format!("d{number}.com")).collect();
        let asked = bench.v1.get_identity_verification_attributes();
        asked.set_identities(Some(names)).send()
    };
    ask(100).await.unwrap();
    let error = ask(101).await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("ValidationError"));
}

#[tokio::test]
async fn the_identity_list_has_pages_and_the_status_of_each_identity() {
    let bench = Bench::new().await;
    for number in 0..5 {
        bench.create(&format!("d{number}.com")).await;
    }
    let mut names = Vec::new();
    let mut token = None;
    loop {
        let list = bench.v2.list_email_identities().page_size(2);
        let page = list.set_next_token(token).send().await.unwrap();
        for identity in page.email_identities() {
            assert_eq!(
                identity.verification_status.as_ref().unwrap().as_str(),
                "PENDING"
            );
            names.push(identity.identity_name.clone().unwrap());
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(names, ["d0.com", "d1.com", "d2.com", "d3.com", "d4.com"]);
    let error = bench
        .v2
        .list_email_identities()
        .page_size(1_001)
        .send()
        .await
        .unwrap_err();
    assert!(error.into_service_error().is_bad_request_exception());
}

#[tokio::test]
async fn mail_from_must_be_below_the_identity_and_can_be_removed() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    let put = |domain: Option<&str>| {
        let put = bench
            .v2
            .put_email_identity_mail_from_attributes()
            .email_identity("maple.com");
        put.set_mail_from_domain(domain.map(str::to_owned)).send()
    };
    let error = put(Some("bounce.cedar.com"))
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_bad_request_exception(), "{error:?}");
    put(Some("bounce.maple.com")).await.unwrap();
    put(None).await.unwrap();
    let get = bench
        .v2
        .get_email_identity()
        .email_identity("maple.com")
        .send()
        .await
        .unwrap();
    let mail_from = get.mail_from_attributes.unwrap();
    assert_eq!(mail_from.mail_from_domain, "");
    assert_eq!(
        mail_from.behavior_on_mx_failure.as_str(),
        "USE_DEFAULT_VALUE"
    );
}
