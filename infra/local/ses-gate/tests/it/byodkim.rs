//! Domains that sign with their own keys (BYODKIM).

use aws_sdk_sesv2::types::{
    DkimAttributes, DkimSigningAttributes, DkimSigningAttributesOrigin as Origin,
};

use super::Bench;

fn own_keys(selector: &str) -> DkimSigningAttributes {
    DkimSigningAttributes::builder()
        .domain_signing_selector(selector)
        .domain_signing_private_key("bm90IGEga2V5")
        .build()
}

async fn dkim_of(bench: &Bench, name: &str) -> DkimAttributes {
    let get = bench.v2.get_email_identity().email_identity(name);
    get.send().await.unwrap().dkim_attributes.unwrap()
}

#[tokio::test]
async fn a_domain_with_its_own_keys_is_verified_by_one_txt_record() {
    let bench = Bench::new().await;
    let create = bench.v2.create_email_identity().email_identity("maple.com");
    let create = create.dkim_signing_attributes(own_keys("acme"));
    let created = create.send().await.unwrap().dkim_attributes.unwrap();
    assert_eq!(created.tokens(), ["acme"]);
    let dkim = dkim_of(&bench, "maple.com").await;
    assert_eq!(dkim.signing_attributes_origin, Some(Origin::External));
    assert_eq!(dkim.signing_hosted_zone, None);
    assert_eq!(dkim.status.unwrap().as_str(), "PENDING");

    let lines = ["acme._domainkey TXT \"v=DKIM1; p=MIIB\"".to_owned()];
    bench.publish("maple.com", &lines).await;
    assert_eq!(bench.dkim("maple.com").await, "Success");
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
}

#[tokio::test]
async fn changing_the_origin_of_the_signing_keys_restarts_dkim() {
    let bench = Bench::new().await;
    let lines = bench.create("maple.com").await;
    bench.publish("maple.com", &lines).await;
    assert_eq!(bench.dkim("maple.com").await, "Success");
    let put = |origin| {
        let put = bench.v2.put_email_identity_dkim_signing_attributes();
        put.email_identity("maple.com")
            .signing_attributes_origin(origin)
    };
    let external = put(Origin::External).signing_attributes(own_keys("acme"));
    let answer = external.send().await.unwrap();
    assert_eq!(answer.dkim_tokens(), ["acme"]);
    assert_eq!(bench.dkim("maple.com").await, "Pending");
    let answer = put(Origin::AwsSes).send().await.unwrap();
    assert_eq!(answer.dkim_tokens().len(), 3);
    assert_eq!(bench.dkim("maple.com").await, "Success");

    // Without its keys the change is refused.
    let error = put(Origin::External).send().await.unwrap_err();
    assert!(error.into_service_error().is_bad_request_exception());
    let dkim = dkim_of(&bench, "maple.com").await;
    assert_eq!(dkim.signing_attributes_origin, Some(Origin::AwsSes));
}
