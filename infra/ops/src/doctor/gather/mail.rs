//! The account at SES, the identities of the addresses that alerts are sent from and to, and the configuration set.

use aws_sdk_sesv2::types::DkimStatus;

use super::super::facts::{Account, Asked, ConfigurationSet, Identity};
use super::asking::{patiently, why};
use crate::aws::Aws;

pub(super) async fn account(aws: &Aws) -> Asked<Account> {
    let client = aws.ses_v2();
    let account = patiently(async || client.get_account().send().await).await;
    let account = account.map_err(|error| why(&error.into_service_error()))?;
    let quota = account.send_quota.as_ref();
    Ok(Account {
        production: account.production_access_enabled,
        sending: account.sending_enabled,
        enforcement: account
            .enforcement_status
            .unwrap_or_else(|| "HEALTHY".to_owned()),
        emails_per_day: quota.map_or(-1.0, |quota| quota.max24_hour_send),
        emails_per_second: quota.map_or(f64::INFINITY, |quota| quota.max_send_rate),
    })
}

pub(super) async fn identities(aws: &Aws) -> Asked<usize> {
    let client = aws.ses_v2();
    let mut count = 0;
    let mut start = None;
    loop {
        let page = patiently(async || {
            let page = client.list_email_identities().page_size(1_000);
            page.set_next_token(start.clone()).send().await
        });
        let page = page
            .await
            .map_err(|error| why(&error.into_service_error()))?;
        count += page.email_identities().len();
        start = page.next_token;
        if start.is_none() {
            return Ok(count);
        }
    }
}

/// The most specific identity that covers an address: its own, that of its domain, those above.
pub(super) async fn identity(aws: &Aws, address: &str) -> Asked<Option<Identity>> {
    let client = aws.ses_v2();
    let domain = address.split('@').next_back().unwrap_or_default();
    let mut names = vec![address];
    let mut rest = domain;
    while rest.contains('.') {
        names.push(rest);
        rest = rest.split_once('.').map_or("", |(_, rest)| rest);
    }
    for name in names {
        let call = async || {
            client
                .get_email_identity()
                .email_identity(name)
                .send()
                .await
        };
        match patiently(call).await {
            Ok(found) => {
                let dkim = found.dkim_attributes.as_ref();
                return Ok(Some(Identity {
                    name: name.to_owned(),
                    verified: found.verified_for_sending_status,
                    dkim: dkim.is_some_and(|dkim| {
                        dkim.signing_enabled && dkim.status == Some(DkimStatus::Success)
                    }),
                }));
            }
            Err(error) => {
                let error = error.into_service_error();
                if !error.is_not_found_exception() {
                    return Err(why(&error));
                }
            }
        }
    }
    Ok(None)
}

pub(super) async fn suppressed(aws: &Aws, address: &str) -> Asked<bool> {
    let client = aws.ses_v2();
    let call = async || {
        let call = client.get_suppressed_destination();
        call.email_address(address).send().await
    };
    match patiently(call).await {
        Ok(_) => Ok(true),
        Err(error) => {
            let error = error.into_service_error();
            if error.is_not_found_exception() {
                Ok(false)
            } else {
                Err(why(&error))
            }
        }
    }
}

pub(super) async fn configuration_set(aws: &Aws, name: &str) -> Asked<Option<ConfigurationSet>> {
    let client = aws.ses_v2();
    let call = async || {
        client
            .get_configuration_set()
            .configuration_set_name(name)
            .send()
            .await
    };
    match patiently(call).await {
        Ok(set) => Ok(Some(ConfigurationSet {
            // On, unless it was turned off (SES API v2 reference, `SendingOptions`).
            sending: set
                .sending_options
                .is_none_or(|options| options.sending_enabled),
        })),
        Err(error) => {
            let error = error.into_service_error();
            if error.is_not_found_exception() {
                Ok(None)
            } else {
                Err(why(&error))
            }
        }
    }
}
