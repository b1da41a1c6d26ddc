//! Values from `infra/template.yaml` for the simulation.

use std::time::Duration;

/// `Timeout` of the poller.
pub(crate) const POLLER_TIMEOUT: Duration = Duration::from_secs(59);
/// How often `PollerSchedule` starts it.
pub(crate) const POLLER_EVERY: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use yaml_rust2::YamlLoader;

    use super::*;

    #[test]
    fn the_simulated_poller_runs_as_often_and_as_long_as_in_the_template() {
        let template = include_str!("../../../infra/template.yaml");
        let documents = YamlLoader::load_from_str(template).expect("the template in YAML");
        let timeout =
            &documents[0]["Resources"]["VerificationPollerFunction"]["Properties"]["Timeout"];
        let timeout = timeout.as_i64().expect("a timeout in seconds");
        assert_eq!(Duration::from_secs(timeout.unsigned_abs()), POLLER_TIMEOUT);
        let schedule = documents[0]["Parameters"]["PollerSchedule"]["Default"].as_str();
        assert_eq!(schedule, Some("rate(1 minute)"));
        assert_eq!(POLLER_EVERY, Duration::from_mins(1));
    }
}
