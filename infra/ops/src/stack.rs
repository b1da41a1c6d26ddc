//! A deployed stack, as CloudFormation describes it.

use std::collections::BTreeMap;

use crate::aws::{Aws, AwsError, Service};
use crate::options::Target;
use crate::xml::Element;

/// The stack cannot be described.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Neither `--stack` nor `--stack-json` was given.
    #[error("which stack? Pass --stack NAME, or --stack-json FILE for a local stack")]
    NotNamed,
    /// There is no stack with this name.
    #[error("there is no stack {name} in {region}")]
    Absent {
        /// Its name.
        name: String,
        /// The Region in which the stack was looked for.
        region: String,
    },
    /// It is a stack of another template.
    #[error("the stack {0} has no {1}: it is not a stack of this service, or of an older release")]
    Other(String, String),
    /// CloudFormation did not answer.
    #[error(transparent)]
    Aws(#[from] AwsError),
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its type, such as `AWS::Lambda::Function`.
    pub kind: String,
    /// Its name at AWS.
    pub physical: String,
}

/// A deployed stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The result of the last deployment, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its resources, by their logical names.
    pub resources: BTreeMap<String, Resource>,
}

impl Stack {
    /// Describes the stack that the command line names.
    pub async fn read(aws: &Aws, target: &Target) -> Result<Self, StackError> {
        let local = aws.local().map(|local| local.stack_name.clone());
        let name = target.stack.clone().or(local).ok_or(StackError::NotNamed)?;
        let described = aws
            .query(
                Service::CloudFormation,
                "DescribeStacks",
                &[("StackName", &name)],
            )
            .await;
        let absent = || StackError::Absent {
            name: name.clone(),
            region: aws.region().to_owned(),
        };
        let described = match described {
            Ok(described) => described,
            Err(error) if error.is_absent() => return Err(absent()),
            Err(error) => return Err(error.into()),
        };
        let stacks = described.find("DescribeStacksResult").ok_or_else(absent)?;
        let stack = stacks.members("Stacks").next().ok_or_else(absent)?;
        let mut read = Self::described(stack);
        read.resources = resources(aws, &name).await?;
        Ok(read)
    }

    /// What `DescribeStacks` says of a stack, without its resources.
    fn described(stack: &Element) -> Self {
        let pairs = |list: &str, key: &str, value: &str| {
            let pair = |entry: &Element| (entry.text_of(key).into(), entry.text_of(value).into());
            stack.members(list).map(pair).collect()
        };
        Self {
            name: stack.text_of("StackName").to_owned(),
            arn: stack.text_of("StackId").to_owned(),
            status: stack.text_of("StackStatus").to_owned(),
            parameters: pairs("Parameters", "ParameterKey", "ParameterValue"),
            outputs: pairs("Outputs", "OutputKey", "OutputValue"),
            resources: BTreeMap::new(),
        }
    }

    /// The value of a parameter; empty if the stack has no parameter with this name.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// An output that every stack of this template has.
    pub fn output(&self, name: &str) -> Result<&str, StackError> {
        let output = self.outputs.get(name).map(String::as_str);
        output.ok_or_else(|| StackError::Other(self.name.clone(), format!("output {name}")))
    }

    /// Logical and physical name of every resource of a type.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let of_kind = self
            .resources
            .iter()
            .filter(move |(_, resource)| resource.kind == kind);
        of_kind.map(|(logical, resource)| (logical.as_str(), resource.physical.as_str()))
    }

    /// The physical name of a resource.
    pub fn physical(&self, logical: &str) -> Option<&str> {
        self.resources
            .get(logical)
            .map(|resource| resource.physical.as_str())
    }

    /// The prefix of every identity's ARN, with the partition, Region and account of the stack's ARN.
    pub fn identity_arn_prefix(&self) -> Result<String, StackError> {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        let [_, partition, _, region, account, _] = parts[..] else {
            return Err(StackError::Other(self.name.clone(), "ARN".to_owned()));
        };
        Ok(format!("arn:{partition}:ses:{region}:{account}:identity/"))
    }
}

async fn resources(aws: &Aws, stack: &str) -> Result<BTreeMap<String, Resource>, StackError> {
    let mut resources = BTreeMap::new();
    let mut start: Option<String> = None;
    loop {
        let mut parameters = vec![("StackName", stack)];
        parameters.extend(start.as_deref().map(|start| ("NextToken", start)));
        let page = aws
            .query(Service::CloudFormation, "ListStackResources", &parameters)
            .await?;
        let Some(page) = page.find("ListStackResourcesResult") else {
            return Ok(resources);
        };
        for resource in page.members("StackResourceSummaries") {
            // A deleted stack stays in the list.
            if resource.text_of("ResourceStatus") == "DELETE_COMPLETE" {
                continue;
            }
            resources.insert(
                resource.text_of("LogicalResourceId").to_owned(),
                Resource {
                    kind: resource.text_of("ResourceType").to_owned(),
                    physical: resource.text_of("PhysicalResourceId").to_owned(),
                },
            );
        }
        let next = page.text_of("NextToken");
        if next.is_empty() {
            return Ok(resources);
        }
        start = Some(next.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_of_identity_arns_comes_from_the_stack_arn() {
        let stack = Stack::described(
            &Element::parse(
                "<member><StackId>arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/lasso/1</StackId>\
                 <Parameters><member><ParameterKey>FinalStep</ParameterKey>\
                 <ParameterValue>manual</ParameterValue></member></Parameters></member>",
            )
            .unwrap(),
        );
        assert_eq!(
            stack.identity_arn_prefix().unwrap(),
            "arn:aws-cn:ses:cn-north-1:123456789012:identity/"
        );
        assert_eq!(stack.parameter("FinalStep"), "manual");
        assert_eq!(stack.parameter("None"), "");
    }
}
