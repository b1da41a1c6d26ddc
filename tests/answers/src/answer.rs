//! All answers of the API for one domain at one moment.

use std::sync::LazyLock;

use domain_auth::domain::Domain;
use domain_auth::history::HistoryEntry;
use domain_auth::names::{ClientId, DomainName, Eligibility};
use domain_auth::ports::{ReadClaims, ReadDomains, ReadSenders, StoreError};
use domain_auth::state::Status;
use domain_auth::use_cases::registers::register_of;
use domain_auth::use_cases::sender_policies::NamesBelow;
use domain_auth::use_cases::senders::{Verdict, judge};
use domain_auth_http::{
    ClaimView, ClientHistory, Cursors, DomainView, HistoryEntryView, HistoryView, List, SenderView,
    StaffDomainView, StaffSummaryView,
};
use domain_auth_testkit::{FakeDns, TestClock};
use jiff::Timestamp;

/// The default rules of eligibility.
static ELIGIBILITY: LazyLock<Eligibility> = LazyLock::new(Eligibility::default);

/// How many lines of history are read: the newest.
const LINES: usize = 5;

/// All answers of the API for one domain at one moment.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `GET /domains/{domain}`; `None` while the domain is being removed, if the API returns 404.
    pub client: Option<DomainView>,
    /// `GET /staff/clients/{client}/domains/{domain}`.
    pub staff: StaffDomainView,
    /// Its entry in `GET /staff/domains`.
    pub entry: StaffSummaryView,
    /// `GET /senders/{address}` for an address at the domain; `None` if another domain of the
    /// client decides, or none.
    pub sender: Option<SenderView>,
    /// The newest lines of its history for the client, newest first.
    pub client_history: Vec<HistoryEntryView>,
    /// The newest lines of its history for Lasso support, newest first.
    pub staff_history: Vec<HistoryEntryView>,
}

impl Answer {
    /// Reads all answers as the functions do. `None` if the client has no such domain.
    pub async fn read<S>(
        store: &S,
        (client, name): (&ClientId, &DomainName),
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError>
    where
        S: ReadDomains + ReadClaims + ReadSenders,
    {
        let Some(domain) = store.domain(client, name).await? else {
            return Ok(None);
        };
        let look = store.look(client, name).await?;
        let claims = register_of(store, &domain).await?;
        let contested = domain.state.status() == Status::Contested;
        let claim = (contested || !domain.challengers.is_empty())
            .then(|| ClaimView::new(&domain, &claims, now));
        // As in `staff_entries`: a domain that was never looked at has no look.
        let seen = look.as_ref().filter(|_| domain.dns_looked_at.is_some());
        let client_view = domain
            .is_there()
            .then(|| DomainView::new(&domain, look.as_ref()));
        let (client_history, staff_history) = histories(store, &domain).await?;
        Ok(Some(Self {
            client: client_view,
            entry: StaffSummaryView::new(&domain, seen, claim),
            sender: sender(store, &domain).await?,
            client_history,
            staff_history,
            staff: StaffDomainView::new(&domain, look, &claims, now),
        }))
    }

    /// The state of the domain.
    pub fn status(&self) -> Status {
        self.staff.domain.summary.status
    }
}

async fn sender<S: ReadSenders>(
    store: &S,
    domain: &Domain,
) -> Result<Option<SenderView>, StoreError> {
    let address = format!("sales@{}", domain.name);
    // An address at the domain itself is judged without a question to DNS.
    let below = NamesBelow {
        dns: &FakeDns::default(),
        clock: &TestClock::default(),
    };
    let verdict = judge(store, &below, &ELIGIBILITY, &domain.client, &address).await?;
    let decides = match &verdict {
        Verdict::Covered { by, .. } => *by == domain.name,
        Verdict::InvalidAddress | Verdict::NotYourDomain | Verdict::NotInitiated(_) => false,
        Verdict::RemovedBySupport { .. } => false,
    };
    Ok(decides.then(|| SenderView::from(verdict)))
}

type Lines = Vec<HistoryEntryView>;

async fn histories<S: ReadDomains>(
    store: &S,
    domain: &Domain,
) -> Result<(Lines, Lines), StoreError> {
    let (client, name) = (&domain.client, &domain.name);
    let cursors = Cursors::new("not a secret");
    let mut gathered = ClientHistory::new(LINES, None);
    while let Some((wanted, start)) = gathered.wanted() {
        let page = store.history(client, name, wanted, start).await?;
        gathered.add(page.map(HistoryEntry::for_client));
    }
    let for_client = gathered.view(&cursors, List::History(client, name));
    let page = store.history(client, name, LINES, None).await?;
    let list = List::ClientHistory(client, name);
    let for_support = HistoryView::for_support(page, &cursors, list);
    Ok((for_client.items, for_support.items))
}
