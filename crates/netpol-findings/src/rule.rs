//! What a rule is: its metadata and its documentation. How it finds something is the matter of its file under `rules`,
//! beside which its example stands.

use std::fmt::{self, Display, Formatter};

/// One kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable, never used again for something else.
    pub code: Code,
    /// `subject-matches-nothing`.
    pub name: &'static str,
    /// How bad it is, unless a finding says otherwise.
    pub severity: Severity,
    /// When it is reported, in one sentence.
    pub summary: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do about it.
    pub help: &'static str,
    /// Where else the same is said.
    pub references: &'static [Reference],
    /// What the witness of a finding shows, unless the finding says otherwise.
    pub proof: Proof,
    /// What its fix does, where it offers one: what it promises of the cells, and in words.
    pub fix: Option<(Promise, &'static str)>,
}

/// The codes by which findings are known, in order.
macro_rules! codes {
    ($($code:ident),+) => {
        /// The code of a rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each is documented by its rule")]
        pub enum Code { $($code),+ }

        impl Code {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// `NP301`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),+ }
            }
        }
    };
}

codes!(
    NP101, NP102, NP103, NP104, NP105, NP106, NP107, NP108, NP109, NP110, NP111, NP112, NP113, NP114, NP201,
    NP202, NP203, NP204, NP205, NP206, NP207, NP301, NP302, NP303, NP304, NP305, NP306, NP307, NP308, NP309,
    NP310, NP311, NP312, NP313, NP314, NP315, NP316, NP317, NP318, NP319, NP320, NP321, NP322, NP323, NP324,
    NP325, NP401, NP402, NP403, NP404
);

impl Display for Code {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// An attacker gains reach.
    High,
    /// A control is missing or does not do what it seems to.
    Medium,
    /// Wider than needed.
    Low,
    /// Worth knowing.
    Info,
}

/// What the witness of a finding shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// A connection that is allowed.
    Allowed,
    /// A connection that is not.
    Denied,
    /// There is never one: the finding is about the text of a policy.
    None,
}

/// What a fix does to the cells of the matrix. Whoever offers one holds it to this: none opens a metadata endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// No cell opens.
    Narrows,
    /// No cell closes.
    Opens,
    /// No cell changes.
    Keeps,
    /// It writes what is meant in the place of a mistake, which may open and close: never anything outside the cluster.
    Corrects,
}

/// Where else the same is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// A benchmark, a guide, a threat matrix or another scanner.
    pub standard: &'static str,
    /// Its id or name there.
    pub id: &'static str,
}
