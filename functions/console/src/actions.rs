//! Actions on one domain, by its client or by Lasso support on its behalf.

use http::Method;
use serde_json::json;

use crate::api::ApiError;
use crate::client::read;
use crate::fetch::Fetch;
use crate::place::Place;
use crate::refusal::refusal;
use crate::reply::Outcome;
use crate::types::{MadeLink, Notified};
use crate::{Failure, Visit, words};

impl<F: Fetch> Visit<'_, F> {
    pub(crate) async fn check(&self, place: &Place) -> Result<Outcome, Failure> {
        let checked = self.post(&place.check_path(), None, "check").await;
        told(place, checked, |_| {
            "DNS and Amazon SES were asked just now.".to_owned()
        })
    }

    pub(crate) async fn ready(&self, place: &Place) -> Result<Outcome, Failure> {
        let note = self.request.field("note");
        let body = note.map_or_else(|| json!({}), |note| json!({ "note": note }));
        let notified = self
            .post(&place.under("notify"), Some(&body), "notify")
            .await;
        let notified = notified.and_then(|answer| read::<Notified>(200, answer));
        told(place, notified, |notified| {
            let missing = notified.missing.into_iter().map(|it| it.message);
            let missing: Vec<String> = missing.collect();
            if missing.is_empty() {
                notified.sentence
            } else {
                format!("{} Still missing: {}", notified.sentence, missing.join(" "))
            }
        })
    }

    pub(crate) async fn restart(&self, place: &Place) -> Result<Outcome, Failure> {
        let restarted = self.post(&place.under("restart"), None, "restart").await;
        told(place, restarted, |_| {
            "Amazon SES looks for the records again, for 72 hours.".to_owned()
        })
    }

    pub(crate) async fn instructions(&self, place: &Place) -> Result<Outcome, Failure> {
        let email = self.request.field("email").unwrap_or_default();
        let mut body = json!({ "email": email });
        if let Some(note) = self.request.field("note") {
            body["note"] = json!(note);
        }
        let path = place.under("instructions");
        match self.post(&path, Some(&body), "instructions").await {
            Ok(_) => Ok(Outcome::done(
                &place.under("hand-over"),
                format!("The instructions were sent to {email}."),
            )),
            Err(ApiError::Problem(problem)) => {
                let page = self.again(&problem)?.hand_over(place).await?;
                Ok(page.with_status(problem.status))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn make_link(&self, place: &Place) -> Result<Outcome, Failure> {
        let to = place.under("hand-over");
        // The API stores no response with the link, and refuses this form when it is sent again.
        match self.post(&place.under("links"), None, "link").await {
            Ok(answer) => {
                let made: MadeLink = read(201, answer)?;
                let ends = words::moment(made.ends_at);
                let said =
                    format!("Copy this link now: it is shown only once. It is valid until {ends}.");
                Ok(Outcome::done(&to, said).with_copy(made.url))
            }
            Err(ApiError::Problem(problem)) => Ok(Outcome::refused(&to, refusal(&problem))),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn withdraw_link(&self, place: &Place, id: &str) -> Result<Outcome, Failure> {
        let to = place.under("hand-over");
        let path = format!("{}/{id}", place.under("links"));
        match self.api.act(Method::DELETE, &path, None, None).await {
            Ok(_) => Ok(Outcome::done(&to, "The link no longer works.")),
            Err(ApiError::Problem(problem)) => Ok(Outcome::refused(&to, refusal(&problem))),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn remove(&self, place: &Place) -> Result<Outcome, Failure> {
        let confirm = self.request.field("confirm").unwrap_or_default();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("confirm", confirm)
            .finish();
        let path = format!("{}?{query}", place.path);
        match self.act(Method::DELETE, &path, None, "remove").await {
            Ok(done) if done.is_repeated => Ok(Outcome::said(
                &place.list,
                "wait",
                format!(
                    "This form was sent before, and has removed {} then. Nothing was changed now.",
                    place.name()
                ),
            )),
            Ok(_) => Ok(Outcome::done(
                &place.list,
                format!("{} was removed.", place.name()),
            )),
            Err(ApiError::Problem(problem)) => {
                Ok(Outcome::refused(&place.under("remove"), refusal(&problem)))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn save_settings(&self, place: &Place) -> Result<Outcome, Failure> {
        let communities = self.request.field("communities").unwrap_or_default();
        let communities: Vec<&str> = communities
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let body = json!({
            "communities": communities,
            "contact_email": self.request.field("contact_email"),
        });
        let path = &place.path;
        match self.act(Method::PATCH, path, Some(&body), "settings").await {
            Ok(done) if done.is_repeated => Ok(Outcome::said(
                path,
                "wait",
                "This form was sent before, and was saved then. Nothing was changed now.",
            )),
            Ok(_) => Ok(Outcome::done(path, "Saved.")),
            Err(ApiError::Problem(problem)) => {
                let page = self.again(&problem)?.settings(place).await?;
                Ok(page.with_status(problem.status))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Goes back to the domain's page, with a flash message about the result.
fn told<T>(
    place: &Place,
    answer: Result<T, ApiError>,
    words: impl FnOnce(T) -> String,
) -> Result<Outcome, Failure> {
    match answer {
        Ok(answer) => Ok(Outcome::done(&place.path, words(answer))),
        Err(ApiError::Problem(problem)) => Ok(Outcome::refused(&place.path, refusal(&problem))),
        Err(error) => Err(error.into()),
    }
}
