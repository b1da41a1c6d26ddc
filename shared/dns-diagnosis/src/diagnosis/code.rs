//! The stable codes for problems of a record or a domain.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A named mistake, or a named reason for there being nothing to do. The order is that of
        /// leading: where several apply, the one declared first is the one that is shown first.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum DiagnosisCode {
            $($(#[$doc])* $variant,)*
        }

        impl DiagnosisCode {
            /// Every code, in the order of leading.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as the API and the logs have it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

codes! {
    /// The registered domain does not exist. A name below one that does need not exist before its records.
    DomainDoesNotExist = "domain_does_not_exist",
    /// The domain is delegated to the servers of its registrar for domains that are suspended or have
    /// expired.
    DomainSuspended = "domain_suspended",
    /// Found at some authoritative servers and not at others.
    NameserversDisagree = "nameservers_disagree",
    /// A CNAME beside other records at one name (RFC 1034 section 3.6.2 forbids it).
    CnameAndOther = "cname_and_other",
    /// The value and another one are in one record, or two strings of it without the space between them.
    ValuesJoined = "values_joined",
    /// The record is at its name with the zone appended a second time.
    HostDoubled = "host_doubled",
    /// The record is at its name without the subdomain part.
    HostWithoutZonePart = "host_without_zone_part",
    /// The record is at a name that is nearly its own.
    HostMisplaced = "host_misplaced",
    /// A DMARC policy at the domain itself, or a CNAME record without a policy where it belongs.
    DmarcWrongPlace = "dmarc_wrong_place",
    /// The value is at the domain itself.
    AtApex = "at_apex",
    /// Addresses where a CNAME belongs: a proxy or flattening hides it.
    CnameFlattened = "cname_flattened",
    /// A record of another type holds the name.
    WrongType = "wrong_type",
    /// Two SPF records at one name (RFC 7208 section 4.5).
    SpfMultiple = "spf_multiple",
    /// Two DMARC records at one name (RFC 9989 section 4.10).
    DmarcMultiple = "dmarc_multiple",
    /// The bounce host of another region.
    MxWrongRegion = "mx_wrong_region",
    /// A server of Amazon that does something else.
    MxWrongService = "mx_wrong_service",
    /// The priority inside the host of an MX record.
    MxPriorityInValue = "mx_priority_in_value",
    /// The right token in a zone that is not the one of its keys.
    DkimWrongHostedZone = "dkim_wrong_hosted_zone",
    /// The value of another record of the set.
    ValuesExchanged = "values_exchanged",
    /// The customer's zone at the end of the target.
    TargetDoubled = "target_doubled",
    /// Name and value swapped, or the name pasted into the value.
    ValueIsName = "value_is_name",
    /// The value begins with what belongs in another field.
    ValueHasTypePrefix = "value_has_type_prefix",
    /// Backslashes inside the value, as in a zone file.
    TxtEscaped = "txt_escaped",
    /// Quotation marks inside the value.
    ValueQuoted = "value_quoted",
    /// Signs around the value that are no part of it: brackets, a comma, a dot.
    ValueSurrounded = "value_surrounded",
    /// A part of the value: its beginning, or its end.
    ValueTruncated = "value_truncated",
    /// The same letters in another case.
    ValueCaseChanged = "value_case_changed",
    /// Spaces or line breaks inside or around the value.
    ValueWhitespace = "value_whitespace",
    /// An older token of ours, or one for another region or account.
    StaleToken = "stale_token",
    /// More than one MX on the MAIL FROM name.
    MxExtra = "mx_extra",
    /// An SPF record that mail servers cannot use (RFC 7208, `permerror`), other than for the number
    /// of its look-ups: a term that is malformed, or an include of a name without a record.
    SpfInvalid = "spf_invalid",
    /// An SPF record that does not let mail from Amazon SES pass.
    SpfMissingInclude = "spf_missing_include",
    /// Over the ten look-ups of RFC 7208 section 4.6.4.
    SpfTooManyLookups = "spf_too_many_lookups",
    /// An SPF record whose result depends on a macro that is different for each mail (RFC 7208
    /// section 7).
    SpfCannotTell = "spf_cannot_tell",
    /// An SPF record that lets mail from every server pass (`+all`).
    SpfAllowsEverybody = "spf_allows_everybody",
    /// A DMARC record that receivers do not use.
    DmarcInvalid = "dmarc_invalid",
    /// A tag of a DMARC record that receivers cannot read (RFC 9989 sections 4.7 and 4.10.1).
    DmarcTagInvalid = "dmarc_tag_invalid",
    /// A policy that has mail refused while nothing aligns.
    DmarcBlocksVia = "dmarc_blocks_via",
    /// Strict alignment that our MAIL FROM or DKIM domain does not meet.
    DmarcStrictAlignment = "dmarc_strict_alignment",
    /// Another value.
    ValueMismatch = "value_mismatch",
    /// Nothing of ours at the name; a wildcard answers for it (RFC 4592).
    WildcardAnswers = "wildcard_answers",
    /// Missing, but verified by the other method.
    NotNeeded = "not_needed",
    /// Nothing at the name.
    NotFound = "not_found",
    /// The name is longer than the field of the provider's panel.
    NameTooLongForProvider = "name_too_long_for_provider",
    /// Right at the source, old at the resolver.
    Propagating = "propagating",
    /// The servers that are delegated to do not serve the zone.
    ZoneNotLive = "zone_not_live",
    /// One of the servers that are delegated to does not serve the zone; others do.
    NameserverLame = "nameserver_lame",
    /// The resolver refuses the zone as bogus (RFC 4035 section 4.3).
    DnssecFailure = "dnssec_failure",
    /// No answer: unknown.
    DnsUnavailable = "dns_unavailable",
    /// The MAIL FROM records are right, and Amazon SES does not use the name.
    MailFromInactive = "mail_from_inactive",
    /// Right, and Amazon SES has not looked yet.
    OkWaitingForSes = "ok_waiting_for_ses",
}

impl DiagnosisCode {
    /// Whether the code asks a person to change something.
    pub fn is_fault(self) -> bool {
        match self {
            Self::NotNeeded
            | Self::Propagating
            | Self::OkWaitingForSes
            | Self::MailFromInactive
            | Self::NameserverLame
            | Self::DnsUnavailable => false,
            Self::DomainDoesNotExist
            | Self::DomainSuspended
            | Self::NameserversDisagree
            | Self::CnameAndOther
            | Self::ValuesJoined
            | Self::HostMisplaced
            | Self::DmarcWrongPlace
            | Self::MxWrongService
            | Self::MxPriorityInValue
            | Self::DkimWrongHostedZone
            | Self::ValuesExchanged
            | Self::TxtEscaped
            | Self::WildcardAnswers
            | Self::NameTooLongForProvider
            | Self::HostDoubled
            | Self::HostWithoutZonePart
            | Self::AtApex
            | Self::CnameFlattened
            | Self::WrongType
            | Self::SpfMultiple
            | Self::DmarcMultiple
            | Self::MxWrongRegion
            | Self::TargetDoubled
            | Self::ValueIsName
            | Self::ValueHasTypePrefix
            | Self::ValueQuoted
            | Self::ValueSurrounded
            | Self::ValueTruncated
            | Self::ValueCaseChanged
            | Self::ValueWhitespace
            | Self::StaleToken
            | Self::MxExtra
            | Self::SpfInvalid
            | Self::SpfMissingInclude
            | Self::SpfTooManyLookups
            | Self::SpfCannotTell
            | Self::SpfAllowsEverybody
            | Self::DmarcInvalid
            | Self::DmarcTagInvalid
            | Self::DmarcBlocksVia
            | Self::DmarcStrictAlignment
            | Self::ValueMismatch
            | Self::NotFound
            | Self::ZoneNotLive
            | Self::DnssecFailure => true,
        }
    }
}

impl fmt::Display for DiagnosisCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_word_in_json_and_in_text() {
        for code in DiagnosisCode::ALL {
            assert_eq!(
                serde_json::to_value(code).unwrap(),
                serde_json::Value::from(code.as_str())
            );
        }
        assert_eq!(DiagnosisCode::ALL.len(), 51);
    }
}
