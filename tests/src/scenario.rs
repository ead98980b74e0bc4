//! Scenarios: Markdown that says in prose what should hold, with the manifests and the expectations in fenced blocks.
//!
//! A section inherits the manifests and options of the sections around it; a file of the same name replaces the
//! inherited one. Every section with an expectation is run. The blocks, by their first word:
//!
//! - `yaml` or `json`, optionally with a file name: manifests. `→` is a tab; `crlf` behind the name ends lines as on
//!   Windows, `cr` as on old Macs, `bom` begins with a byte order mark.
//! - `include`: paths of files in the repository.
//! - `options`: `ipBlockPods: never`, `hypothetical: never`, `kubernetes: "1.35"`, `unknownFields: drop`.
//! - `matrix`: lines `source -> destination: connections`. The last line that speaks of a pair decides, so that a
//!   wildcard may come first and its exceptions after it. With `exact`, every pair but those of two external peers
//!   must be spoken of. A peer is an id, an id without its kind (`default/web`), `default/*` (all real workloads of a
//!   namespace), `external:*` or `*`. Connections are written as the product does: `none`, `all`, or such as
//!   `TCP 80, 8000-8080; UDP all ports`.
//! - `peers`: ids, one a line, all of them and no other; with `includes`, at least those. ` = ` and a list of CIDRs
//!   may follow.
//! - `policies`: lines `default/deny ingress egress: default/web, default/db`, for each policy that takes part.
//! - `problems`: lines `code @ line`, `code @ file:line` or `code`: all errors and warnings; with `includes`, at
//!   least those, of any severity; there `no code` says that there is none such. Without the block there are none.
//! - `findings`: lines `NP301`, `NP301 default/name` (the subject) or `NP301 in default` (a subject there), each with
//!   words of the message behind `: ` if need be; all findings, or with `includes` at least those, and `no NP301`.
//! - `fix NP301`, or `fix NP301 default/name`: what the fix of that finding takes out and adds, line by line as a diff
//!   without what stays the same (`- old`, `+ new`; indentation counts); `none` where no fix is offered.
//! - `caveats`: lines `source -> destination: words`, or `no words`: the caveats of the cell do (not) hold the words.
//! - `probes`: lines `source -> destination TCP 80: yes` or `no`: what a question about this one connection is
//!   answered, with the ends in any form that a question may have, such as the name of a pod or an address.
//! - `tests`: lines `name status` or `name status: words of the message`, for each expectation of each policy test in their
//!   order; `name refused` for a test with a mistake in it.
//! - `uncertain`: lines `source -> destination: yes` or `no`: whether the cell is marked with ≈, the ends as in `probes`.
//!
//! `probes` and `uncertain` can be put to the oracle alone, without the product: [`ask_oracle`].

mod check;
mod oracle;
mod parse;
mod probes;

pub use check::run;
pub use oracle::ask_oracle;
pub use parse::{Block, Scenario, parse};
