//! Placeholder of the lead, so that netpol-view compiles until the real registry stands here.
#![expect(missing_docs, reason = "placeholder")]
use netpol_eval::{Evaluation, PeerId};
use netpol_manifest::Protocol;
use netpol_source::{ObjectRef, Span};
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity { High, Medium, Low, Info }
#[derive(Debug)]
pub struct Reference { pub standard: &'static str, pub id: &'static str }
#[derive(Debug)]
pub struct Rule { pub code: &'static str, pub name: &'static str, pub severity: Severity, pub help: &'static str, pub references: &'static [Reference] }
#[derive(Clone, Debug)]
pub struct Witness { pub source: PeerId, pub destination: PeerId, pub protocol: Protocol, pub port: u16 }
#[derive(Clone, Debug)]
pub struct Finding { pub rule: &'static Rule, pub message: String, pub subject: ObjectRef, pub spans: Vec<Span>, pub witness: Option<Witness> }
#[derive(Debug)]
pub struct Context;
impl Context { pub fn new(_: &Evaluation) -> Self { Self } }
pub fn check_all(_: &Context) -> Vec<Finding> { Vec::new() }
