//! The sender, Lasso support, the account and the configuration set.

use super::super::facts::{Account, Facts};
use super::super::finding::{Code, Finding};
use super::answered::answered;

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    sender(facts, findings);
    if let Some(account) = answered(&facts.account, "The account at SES", findings) {
        of_account(account, facts, findings);
    }
    support(facts, findings);
    configuration_set(facts, findings);
}

fn sender(facts: &Facts, findings: &mut Vec<Finding>) {
    let sender = facts.parameter("SenderEmail");
    if sender.eq_ignore_ascii_case(facts.parameter("SupportEmail")) {
        findings.push(Code::SenderIsSupport.found(
            "SenderEmail and SupportEmail are the same address, so bounces and answers come back as alerts' own mail.",
            "Set SenderEmail to an address of its own.",
        ));
    }
    let Some(identity) = answered(&facts.sender, "The identity of SenderEmail", findings) else {
        return;
    };
    let Some(identity) = identity else {
        findings.push(Code::SenderWithoutIdentity.found(
            format!("Amazon SES has no identity in {} that covers SenderEmail {sender}.", facts.region),
            "Create an identity for its domain in this Region and publish its records, or set SenderEmail.",
        ));
        return;
    };
    if !identity.verified {
        findings.push(Code::SenderNotVerified.found(
            format!("SES has not verified the identity {} of SenderEmail, so no email goes out.", identity.name),
            "Publish its DKIM records, or confirm the address; SES console, Identities, shows which.",
        ));
    } else if !identity.dkim {
        findings.push(Code::SenderWithoutDkim.found(
            format!("The identity {} of SenderEmail does not sign with DKIM, so its mail may be taken for spam.", identity.name),
            "Turn on Easy DKIM for the domain of SenderEmail and publish its CNAME records.",
        ));
    }
}

fn of_account(account: &Account, facts: &Facts, findings: &mut Vec<Finding>) {
    if !account.production {
        findings.push(Code::Sandbox.found(
            "The account is in the SES sandbox: mail reaches verified addresses only, 200 emails per day.",
            "Ask for production access (docs/runbook.md, \"Leave the sandbox\").",
        ));
        if facts.parameter("NotifyClients") == "true" {
            findings.push(Code::ContactsInSandbox.found(
                "NotifyClients is true, and in the sandbox SES refuses mail to the contacts of clients.",
                "Set NotifyClients=false until the account has production access.",
            ));
        }
        if let Some(support) = answered(&facts.support, "The identity of SupportEmail", findings)
            && !support.as_ref().is_some_and(|identity| identity.verified)
        {
            findings.push(Code::SupportNotVerified.found(
                "In the sandbox SES refuses mail to SupportEmail, because it is not verified.",
                "Create an identity for SupportEmail and confirm it.",
            ));
        }
    }
    if !account.sending || account.enforcement == "SHUTDOWN" {
        findings.push(Code::SendingPaused.found(
            "SES has paused sending for the account: neither alerts nor clients' mail go out.",
            "SES console, Account dashboard: answer the case that AWS has opened (docs/runbook.md, SendingPausedAlarm).",
        ));
    } else if account.enforcement != "HEALTHY" {
        findings.push(Code::AccountUnderReview.found(
            format!("SES reviews the account ({}).", account.enforcement),
            "SES console, Account dashboard: answer the case that AWS has opened.",
        ));
    }
    let above = |limit: f64, number: Option<f64>| number.is_some_and(|number| number > limit);
    let rate = facts.number("EmailsPerSecond");
    if above(account.emails_per_second, rate) {
        findings.push(Code::EmailsAboveRate.found(
            format!(
                "EmailsPerSecond is {}, and the account may send {} emails per second.",
                facts.parameter("EmailsPerSecond"),
                account.emails_per_second
            ),
            "Lower EmailsPerSecond, or have the sending rate raised.",
        ));
    }
    let single = facts.number("SingleEmailsPerMinute");
    if rate.is_some_and(|rate| above(rate * 60.0, single)) {
        findings.push(Code::SingleEmailsAboveRate.found(
            "SingleEmailsPerMinute is more than EmailsPerSecond lets out per minute, so it limits nothing.",
            "Lower SingleEmailsPerMinute.",
        ));
    }
    let daily = facts.number("MaxSupportEmailsPerClientPerDay");
    if account.emails_per_day >= 0.0 && above(account.emails_per_day, daily) {
        findings.push(Code::SupportEmailsAboveQuota.found(
            format!(
                "MaxSupportEmailsPerClientPerDay is {}, and the account may send {} emails in 24 hours: one client can use them up.",
                facts.parameter("MaxSupportEmailsPerClientPerDay"), account.emails_per_day
            ),
            "Lower MaxSupportEmailsPerClientPerDay.",
        ));
    }
}

fn support(facts: &Facts, findings: &mut Vec<Finding>) {
    let suppressed = answered(&facts.support_suppressed, "The suppression list", findings);
    if suppressed == Some(&true) {
        let address = facts.parameter("SupportEmail");
        findings.push(Code::SupportSuppressed.found(
            format!("SupportEmail {address} is on the suppression list: SES accepts alerts to it and does not send them."),
            format!("Repair the mailbox, then `aws sesv2 delete-suppressed-destination --email-address {address}`."),
        ));
    }
}

fn configuration_set(facts: &Facts, findings: &mut Vec<Finding>) {
    let name = facts.parameter("ConfigurationSet");
    if name.is_empty() {
        return;
    }
    if facts.own_configuration_set.as_deref() == Some(name) {
        findings.push(Code::ConfigurationSetOfStack.found(
            format!("ConfigurationSet is {name}, the set that this stack has for its own mail: each bounce and complaint about mail of clients would be taken for one about an alert."),
            "Set ConfigurationSet to a set for mail of clients, or leave it empty. Identities that have this set keep it until `aws sesv2 put-email-identity-configuration-set-attributes` changes it.",
        ));
    }
    let Some(set) = answered(&facts.configuration_set, "ConfigurationSet", findings) else {
        return;
    };
    match set {
        None => findings.push(Code::ConfigurationSetAbsent.found(
            format!("SES has no configuration set {name} in {}: no final step succeeds.", facts.region),
            "Create it in this Region, or set ConfigurationSet to one that exists.",
        )),
        Some(set) if !set.sending => findings.push(Code::ConfigurationSetPaused.found(
            format!("Sending with the configuration set {name} is off: mail of authenticated domains is refused."),
            format!("`aws sesv2 put-configuration-set-sending-options --configuration-set-name {name} --sending-enabled`."),
        )),
        Some(_) => {}
    }
}
