//! Reads `infra/template.yaml` for the tests.

use std::collections::{BTreeMap, BTreeSet};

use yaml_rust2::{Yaml, YamlLoader};

/// The template. The parser drops tags such as `!Ref`, so a reference reads as its name.
pub(crate) struct Template(Yaml);

/// A function.
pub(crate) struct Function {
    /// The binary below `functions/`.
    pub(crate) name: String,
    /// Its triggers.
    pub(crate) triggers: Vec<String>,
    /// Its timeout in seconds.
    pub(crate) timeout: i64,
    /// Services with their actions and the limits of each.
    pub(crate) permissions: BTreeMap<String, BTreeMap<String, Permission>>,
    /// Its own environment variables.
    pub(crate) variables: BTreeSet<String>,
}

/// The limits of an action.
#[derive(Default)]
pub(crate) struct Permission {
    /// Permitted for all parameters of the stack.
    pub(crate) always: bool,
    /// The conditions of the template under which it is permitted.
    pub(crate) conditions: BTreeSet<String>,
    /// The indexes of the table for which it is permitted.
    pub(crate) indexes: BTreeSet<String>,
}

impl Template {
    pub(crate) fn read() -> Self {
        let mut documents = YamlLoader::load_from_str(&text()).unwrap();
        Self(documents.remove(0))
    }

    /// All resources, by their logical ids.
    pub(crate) fn resources(&self) -> Vec<(String, &Yaml)> {
        entries(&self.0["Resources"])
    }

    /// The resource with this logical id.
    pub(crate) fn resource(&self, id: &str) -> &Yaml {
        &self.0["Resources"][id]
    }

    /// The functions, by their logical ids.
    pub(crate) fn functions_by_id(&self) -> Vec<(String, &Yaml)> {
        let mut functions = self.resources();
        functions.retain(|(_, it)| it["Type"].as_str() == Some("AWS::Serverless::Function"));
        functions
    }

    /// The names of the outputs.
    pub(crate) fn outputs(&self) -> Vec<String> {
        entries(&self.0["Outputs"])
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// The settings that all functions have.
    pub(crate) fn global_function(&self) -> &Yaml {
        &self.0["Globals"]["Function"]
    }

    /// The parameters, by their names.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (String, &Yaml)> {
        entries(&self.0["Parameters"]).into_iter()
    }

    /// The groups of the parameters in the console.
    pub(crate) fn parameter_groups(&self) -> Vec<Yaml> {
        list(&self.0["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"])
    }

    /// The functions in the order of their names.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let globals = &self.0["Globals"]["Function"];
        let mut functions: Vec<Function> = self
            .resources()
            .into_iter()
            .filter(|(_, resource)| resource["Type"].as_str() == Some("AWS::Serverless::Function"))
            .map(|(_, resource)| function(resource, globals))
            .collect();
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        functions
    }

    /// The environment variables that all functions have.
    pub(crate) fn global_variables(&self) -> BTreeSet<String> {
        variables(&self.0["Globals"]["Function"])
    }

    /// The alarms, and the namespace and name of the metric that each watches.
    pub(crate) fn alarms(&self) -> BTreeMap<String, (String, String)> {
        let alarms = self.resources().into_iter();
        let alarms = alarms.filter(|(_, it)| it["Type"].as_str() == Some("AWS::CloudWatch::Alarm"));
        let watched = alarms.map(|(name, alarm)| {
            let properties = &alarm["Properties"];
            // For an expression over several metrics, the first one.
            let metrics = list(&properties["Metrics"]);
            let measured = metrics.iter().map(|it| &it["MetricStat"]["Metric"]);
            let mut measured = measured.filter(|metric| !metric.is_badvalue());
            let watched = measured.next().unwrap_or(properties);
            let text = |member: &str| string(&watched[member]);
            (name, (text("Namespace"), text("MetricName")))
        });
        watched.collect()
    }
}

/// The template as text.
pub(crate) fn text() -> String {
    crate::text_of("infra/template.yaml")
}

fn function(resource: &Yaml, globals: &Yaml) -> Function {
    let properties = &resource["Properties"];
    let timeout = properties["Timeout"].as_i64();
    let mut permissions = BTreeMap::new();
    for policy in list(&properties["Policies"]) {
        for statement in list(&policy["Statement"]) {
            permit(&mut permissions, &statement, None);
        }
    }
    let triggers = entries(&properties["Events"]);
    Function {
        name: string(&resource["Metadata"]["BuildProperties"]["Binary"]),
        triggers: triggers.iter().map(|(_, event)| trigger(event)).collect(),
        timeout: timeout.or(globals["Timeout"].as_i64()).unwrap(),
        permissions,
        variables: variables(properties),
    }
}

fn variables(function: &Yaml) -> BTreeSet<String> {
    let variables = entries(&function["Environment"]["Variables"]);
    variables.into_iter().map(|(name, _)| name).collect()
}

fn trigger(event: &Yaml) -> String {
    let properties = &event["Properties"];
    let text = |member: &str| string(&properties[member]);
    match event["Type"].as_str().unwrap() {
        "HttpApi" => format!("`{} {}`", text("Method"), text("Path")),
        "ScheduleV2" => format!("`{}`", text("ScheduleExpression")),
        "SNS" => format!("`{}`{}", text("Topic"), filter(&properties["FilterPolicy"])),
        "SQS" => format!("`{}`", text("Queue").trim_end_matches(".Arn")),
        other => panic!("a trigger that is not described: {other}"),
    }
}

fn filter(policy: &Yaml) -> String {
    let attributes = entries(policy).into_iter().map(|(name, values)| {
        let values: Vec<String> = list(values).iter().map(string).collect();
        format!(", {name} {}", values.join(", "))
    });
    attributes.collect()
}

/// Records the permissions of a statement. `!If` is a list of a condition and two statements, the
/// second of which is empty.
fn permit(
    permissions: &mut BTreeMap<String, BTreeMap<String, Permission>>,
    statement: &Yaml,
    condition: Option<&str>,
) {
    if let Some([condition, then, otherwise]) = statement.as_vec().map(Vec::as_slice) {
        assert_eq!(otherwise.as_str(), Some("AWS::NoValue"));
        return permit(permissions, then, Some(condition.as_str().unwrap()));
    }
    assert_eq!(statement["Effect"].as_str(), Some("Allow"));
    let resources = texts(&statement["Resource"]);
    let indexes = resources.iter();
    let indexes = indexes.filter_map(|resource| Some(resource.split_once("/index/")?.1.to_owned()));
    let indexes: BTreeSet<String> = indexes.collect();
    for action in list(&statement["Action"]) {
        let action = string(&action);
        let (service, action) = action.split_once(':').unwrap();
        let of_service = permissions.entry(service.to_owned()).or_default();
        let permission = of_service.entry(action.to_owned()).or_default();
        permission.indexes.extend(indexes.clone());
        match condition {
            Some(condition) => {
                permission.conditions.insert(condition.to_owned());
            }
            None => permission.always = true,
        }
    }
}

pub(crate) fn entries(mapping: &Yaml) -> Vec<(String, &Yaml)> {
    let mapping = mapping.as_hash().into_iter().flatten();
    mapping.map(|(name, value)| (string(name), value)).collect()
}

/// The elements of a list, or a single value as a list.
pub(crate) fn list(value: &Yaml) -> Vec<Yaml> {
    match value {
        Yaml::Array(elements) => elements.clone(),
        Yaml::BadValue | Yaml::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// All texts in a value, also those in `!If`.
pub(crate) fn texts(value: &Yaml) -> Vec<String> {
    match value {
        Yaml::Array(elements) => elements.iter().flat_map(texts).collect(),
        one => vec![string(one)],
    }
}

pub(crate) fn string(value: &Yaml) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value:?}"))
        .to_owned()
}
