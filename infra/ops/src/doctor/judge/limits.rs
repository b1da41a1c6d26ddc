//! Quotas, and limits that do not fit them or each other.

use super::super::facts::Facts;
use super::super::finding::{Code, Finding};
use super::answered::answered;
use domain_auth::names::Eligibility;

/// Identities that an account may have in one Region, unless AWS has raised the quota (Amazon SES Developer Guide, "Service
/// quotas in Amazon SES").
const DEFAULT_IDENTITY_QUOTA: f64 = 10_000.0;

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
    if quota.is_finite() && quota > DEFAULT_IDENTITY_QUOTA {
        findings.push(Code::IdentityQuotaAboveDefault.found(
            format!("IdentityQuota is {quota}. The default quota of SES is {DEFAULT_IDENTITY_QUOTA} identities, and no call returns the quota of an account: above the account's real quota, the alarm for identities never goes off."),
            "Keep it only if AWS has raised the quota of this account in this region; otherwise set it to 10000.",
        ));
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
            format!("SesCallsPerSecond is {rate}. The documented quota of SES is 1 identity call per second, and no call returns the quota of an account."),
            "Keep it only if AWS has raised the quota of this account; otherwise set it to 1.",
        ));
    }
    if facts.number("ChecksPerMinute").unwrap_or(0.0) > rate * 60.0 {
        findings.push(Code::ChecksAboveSesRate.found(
            "ChecksPerMinute is more than SES answers per minute: one client's checks can hold up all others.",
            "Lower ChecksPerMinute to less than 60 times SesCallsPerSecond.",
        ));
    }
    // The template gives the functions `OwnDomains` and the domains of both addresses in one variable.
    for parameter in ["OwnDomains", "SenderEmail", "SupportEmail"] {
        let value = facts.parameter(parameter);
        let own = value.split_once('@').map_or(value, |(_, domain)| domain);
        if let Err(error) = Eligibility::parse(own) {
            findings.push(Code::OwnDomainInvalid.found(
                format!("The functions do not start with {parameter}: {error}."),
                format!("Set {parameter} to a company's domain, or to an address at one: only the address, without a name or angle brackets."),
            ));
        }
    }
    if facts.number("ApiBurstLimit") < facts.number("ApiRateLimit") {
        findings.push(Code::BurstBelowRate.found(
            "ApiBurstLimit is below ApiRateLimit, so that requests which come together are refused below the rate.",
            "Set ApiBurstLimit to ApiRateLimit or more.",
        ));
    }
    concurrency(facts, findings);
}

/// Executions that have to stay unreserved (Lambda developer guide, "Configuring reserved concurrency").
const UNRESERVED: u64 = 100;

fn concurrency(facts: &Facts, findings: &mut Vec<Finding>) {
    let executions = facts.executions.as_ref().ok().copied();
    let may_reserve = |count: u64| executions.is_none_or(|all| count + UNRESERVED <= all);
    let reserved = facts.parameter("PollerReservedConcurrency");
    if reserved.parse().is_ok_and(|count: u64| !may_reserve(count)) {
        findings.push(Code::ReservedAboveQuota.found(
            format!("PollerReservedConcurrency is {reserved}, and the account may run {} functions at once, of which {UNRESERVED} have to stay unreserved: Lambda refuses it.", executions.unwrap_or(0)),
            "Leave PollerReservedConcurrency empty, or have the quota of concurrent executions raised first (Service Quotas, AWS Lambda).",
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
                if may_reserve(2) {
                    "Have the quota of concurrent executions raised, or lower ApiBurstLimit; set PollerReservedConcurrency=2."
                } else {
                    "Have the quota of concurrent executions raised, or lower ApiBurstLimit. Executions can be reserved for the poller only after that."
                },
            ));
        }
    }
}
