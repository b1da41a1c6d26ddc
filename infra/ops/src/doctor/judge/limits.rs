//! Quotas, and limits that do not fit them or each other.

use super::super::facts::Facts;
use super::super::finding::{Code, Finding};
use super::answered::answered;
use domain_auth::names::Eligibility;

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let quota = facts.number("IdentityQuota").unwrap_or(f64::INFINITY);
    if let Some(identities) = answered(&facts.identities, "The list of identities", findings) {
        let count = u32::try_from(*identities).map_or(f64::INFINITY, f64::from);
        if count > quota * 0.8 {
            findings.push(Code::IdentitiesNearQuota.found(
                format!("The account has {identities} identities, and IdentityQuota is {quota}."),
                "Have the quota raised (Service Quotas, Amazon SES), then set IdentityQuota.",
            ));
        }
    }
    let domains = facts.number("MaxDomainsPerClient").unwrap_or(0.0);
    if domains >= quota {
        findings.push(Code::ClientAboveIdentityQuota.found(
            format!("MaxDomainsPerClient is {domains}, and the account may have {quota} identities: one client can use them up."),
            "Lower MaxDomainsPerClient; Lasso support can set another limit for one client.",
        ));
    }
    if facts.number("MaxDomainsAddedPerDay").unwrap_or(0.0) > domains {
        findings.push(Code::DailyLimitUnreachable.found(
            "MaxDomainsAddedPerDay is above MaxDomainsPerClient, so it limits nothing.",
            "Lower MaxDomainsAddedPerDay.",
        ));
    }
    let rate = facts.number("SesCallsPerSecond").unwrap_or(1.0);
    if rate > 1.0 {
        findings.push(Code::SesRateAboveDefault.found(
            format!("SesCallsPerSecond is {rate}. The documented quota of SES is 1 identity call per second, and no call tells another."),
            "Keep it only if AWS has raised the quota of this account; otherwise set it to 1.",
        ));
    }
    if facts.number("ChecksPerMinute").unwrap_or(0.0) > rate * 60.0 {
        findings.push(Code::ChecksAboveSesRate.found(
            "ChecksPerMinute is more than SES answers in a minute: one client's checks can hold up all others.",
            "Lower ChecksPerMinute to less than 60 times SesCallsPerSecond.",
        ));
    }
    if let Err(error) = Eligibility::parse(facts.parameter("OwnDomains")) {
        findings.push(Code::OwnDomainInvalid.found(
            format!("The functions do not start with OwnDomains: {error}."),
            "Take it out of OwnDomains, or write it right.",
        ));
    }
    if facts.number("ApiBurstLimit") < facts.number("ApiRateLimit") {
        findings.push(Code::BurstBelowRate.found(
            "ApiBurstLimit is below ApiRateLimit, so that requests which come together are refused below the rate.",
            "Set ApiBurstLimit to ApiRateLimit or more.",
        ));
    }
    if let Some(concurrency) = answered(
        &facts.concurrency,
        "The concurrency of the account",
        findings,
    ) {
        let burst = facts.number("ApiBurstLimit").unwrap_or(0.0);
        let executions = u32::try_from(*concurrency).map_or(f64::INFINITY, f64::from);
        if burst > executions {
            findings.push(Code::BurstAboveConcurrency.found(
                format!("ApiBurstLimit is {burst}, and the account runs {concurrency} functions at once: a burst gets 503 and takes the poller's executions."),
                "Have the quota of concurrent executions raised, or lower ApiBurstLimit; set PollerReservedConcurrency=2.",
            ));
        }
    }
}
