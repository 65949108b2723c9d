//! `run`: runs another score as a child workflow.

use super::Reader;
use crate::score::{
    source::Node,
    task::{ProcessOutput, RunWorkflow},
};

/// The values of `return`.
const OUTPUTS: [(&str, ProcessOutput); 5] = [
    ("stdout", ProcessOutput::Stdout),
    ("stderr", ProcessOutput::Stderr),
    ("code", ProcessOutput::Code),
    ("all", ProcessOutput::All),
    ("none", ProcessOutput::Nothing),
];

impl Reader<'_> {
    pub(super) fn run(&mut self, node: &Node) -> Option<RunWorkflow> {
        let run = self.map(node, "`run`", &["workflow", "await", "return"])?;
        let awaited = match run.get("await") {
            Some(node) => self.boolean(node)?,
            None => true,
        };
        let output = match run.get("return") {
            Some(node) => self.parsed(
                node,
                "`stdout`, `stderr`, `code`, `all` or `none`",
                |word| {
                    let found = OUTPUTS.iter().find(|(known, _)| *known == word);
                    found.map(|(_, output)| *output)
                },
            )?,
            None => ProcessOutput::Stdout,
        };
        let workflow = self.require(run, "workflow")?;
        let known = ["namespace", "name", "version", "input"];
        let map = self.map(workflow, "`run.workflow`", &known)?;
        let namespace = self.require(map, "namespace");
        let name = self.require(map, "name");
        let expected = "the name of a score without expressions";
        let literal = |text: &str| (!text.contains("${")).then(|| text.to_owned());
        let namespace = self.parsed(namespace?, "a namespace without expressions", literal);
        let place = name?.place;
        let name = self.parsed(name?, expected, literal);
        let version = match map.get("version") {
            Some(node) => {
                Some(self.parsed(node, "a version such as 1.0.0, or `latest`", literal)?)
            }
            None => None,
        };
        let input = match map.get("input") {
            Some(node) => Some(self.template(node)?),
            None => None,
        };
        Some(RunWorkflow {
            place,
            namespace: namespace?,
            name: name?,
            version: version.filter(|version| version != "latest"),
            input,
            output: awaited.then_some(output),
        })
    }
}
