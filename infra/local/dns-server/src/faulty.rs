//! Changes the answer to a query that a fault affects.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::LowerName;

use super::answer::{Answer, Question};
use super::counts::Transport;
use super::faults::Fault;
use super::quirks;
use super::respond::{Reply, Shared, UDP_WITHOUT_EDNS, is_soa, root_referral};
use super::zone::Zone;

/// The UDP limit of a server that prefers TCP: one name with one record fits.
const UDP_SMALL: u16 = 128;

impl Shared {
    /// The answer to a query, or its replacement. A fault may change the response, and how many
    /// octets it may have.
    pub(crate) async fn answer_with(
        &self,
        fault: Option<Fault>,
        question: &Question,
        transport: Transport,
        response: &mut Message,
        limit: &mut u16,
    ) -> Result<Answer, Reply> {
        Ok(match fault {
            Some(Fault::Drop) => return Err(Reply::Silence),
            Some(Fault::TruncateAndRefuseTcp) if transport == Transport::Tcp => {
                return Err(Reply::Reset);
            }
            Some(Fault::TruncateAndRefuseTcp) => {
                response.metadata.truncation = true;
                Answer {
                    authoritative: true,
                    ..Answer::empty(ResponseCode::NoError)
                }
            }
            Some(Fault::ServFail) => Answer::empty(ResponseCode::ServFail),
            Some(Fault::Refused) => Answer::empty(ResponseCode::Refused),
            Some(Fault::Lame) => Answer {
                authorities: vec![root_referral()],
                ..Answer::empty(ResponseCode::NoError)
            },
            Some(Fault::NotAuthoritative) => Answer {
                authoritative: false,
                ..self.look_up(question).await
            },
            Some(Fault::NoSuchName) => {
                let data = self.served();
                let zone = data.zones.holding(&LowerName::new(&question.name));
                let authority = zone.and_then(Zone::start_of_authority);
                Answer {
                    authoritative: true,
                    authorities: authority.into_iter().collect(),
                    ..Answer::empty(ResponseCode::NXDomain)
                }
            }
            Some(Fault::FormErrToEdns) if question.edns => {
                response.edns = None;
                Answer::empty(ResponseCode::FormErr)
            }
            Some(Fault::NotImp) => {
                response.edns = None;
                Answer::empty(ResponseCode::NotImp)
            }
            Some(Fault::BadVersToEdns) if question.edns => Answer::empty(ResponseCode::BADVERS),
            Some(Fault::NoOpt) => {
                response.edns = None;
                if transport == Transport::Udp {
                    *limit = UDP_WITHOUT_EDNS;
                }
                self.look_up(question).await
            }
            Some(Fault::SmallAnswers) => {
                if transport == Transport::Udp {
                    *limit = UDP_SMALL;
                }
                self.look_up(question).await
            }
            Some(Fault::MixedCase) => {
                let mut answer = self.look_up(question).await;
                quirks::mix_case(&mut answer);
                answer
            }
            Some(Fault::DenyEmptyNonTerminals) => {
                let mut answer = self.look_up(question).await;
                if answer.code == ResponseCode::NoError && self.is_empty_at(&question.name) {
                    answer.code = ResponseCode::NXDomain;
                }
                answer
            }
            Some(Fault::NoSoa) => {
                let mut answer = self.look_up(question).await;
                answer.authorities.retain(|record| !is_soa(record));
                answer
            }
            Some(Fault::Bogus) if question.recursive && !question.unchecked => {
                Answer::empty(ResponseCode::ServFail)
            }
            Some(
                Fault::FormErrToEdns
                | Fault::BadVersToEdns
                | Fault::Bogus
                | Fault::Uncompressed
                | Fault::Delay(_),
            )
            | None => self.look_up(question).await,
        })
    }
}
