//! Statistics of the weeks: how much happened, and how often each rule was checked.

use std::io::{self, Write};
use std::ops::AddAssign;

use super::holders::Contests;
use super::orphans::Orphaned;
use super::truth::Tested;

/// Sums over seeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) commits: usize,
    /// Domains whose answers were checked after a change.
    pub(crate) answers: usize,
    /// Events published, copies included.
    pub(crate) published: usize,
    /// Emails with instructions, and how often a limit refused one.
    pub(crate) letters: usize,
    pub(crate) domain_limits: usize,
    pub(crate) client_limits: usize,
    pub(crate) tested: Tested,
    pub(crate) contests: Contests,
    pub(crate) orphans: Orphaned,
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.commits += other.commits;
        self.answers += other.answers;
        self.published += other.published;
        self.letters += other.letters;
        self.domain_limits += other.domain_limits;
        self.client_limits += other.client_limits;
        self.tested.alerted += other.tested.alerted;
        self.tested.recovered += other.tested.recovered;
        self.tested.blips += other.tested.blips;
        self.tested.unseen += other.tested.unseen;
        self.tested.revoked += other.tested.revoked;
        self.contests.proven += other.contests.proven;
        self.contests.undecided += other.contests.undecided;
        self.contests.displaced += other.contests.displaced;
        self.contests.decided += other.contests.decided;
        self.contests.adopted += other.contests.adopted;
        self.contests.left_alone += other.contests.left_alone;
        self.orphans.deleted += other.orphans.deleted;
        self.orphans.kept += other.orphans.kept;
    }
}

impl Figures {
    /// Prints them.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Self {
            tested,
            contests,
            orphans,
            ..
        } = self;
        writeln!(
            out,
            "{} changes written, {} answers about them checked, {} events published\n\
             {} breaks alerted, {} recoveries, {} breaks over before that, {} spells in which nothing could be\n\
             seen without an alert, {} verifications taken back\n\
             {} claims proven, {} of them left to Lasso support, {} decided or released by it; {} holders\n\
             lost a name to a proof\n\
             {} identities of others adopted, {} left as they were\n\
             {} identities without a use deleted, {} as old kept that may be in use\n\
             {} emails with instructions, {} stopped by the limit of a domain, {} by that of a client",
            self.commits,
            self.answers,
            self.published,
            tested.alerted,
            tested.recovered,
            tested.blips,
            tested.unseen,
            tested.revoked,
            contests.proven,
            contests.undecided,
            contests.decided,
            contests.displaced,
            contests.adopted,
            contests.left_alone,
            orphans.deleted,
            orphans.kept,
            self.letters,
            self.domain_limits,
            self.client_limits,
        )
    }
}
