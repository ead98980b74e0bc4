//! Documents that outlive the page or come with a link: this version of the page wrote them, an earlier one, or anybody at all.

use netpol_view::contract::{Hypothetical, IpBlockPods, KubernetesVersion, Options, UnknownFields};

use super::{Read, Wire, field, fields, name, names};
use crate::state::questions::Question;
use crate::state::settings::{PortChoice, Settings, Theme};
use crate::state::training::{Exam, Solved};
use crate::state::work::Recent;

/// What can be read of a document; nothing where this is none of the kind.
pub trait Kept: Sized {
    /// Reads it.
    fn kept(value: &impl Wire) -> Option<Self>;
}

names! {
    Hypothetical { Auto "auto", Never "never" } else Auto
    IpBlockPods {
        KnownAddresses "known-addresses", Never "never", AnyAddress "any-address",
    } else KnownAddresses
    KubernetesVersion { V1_35 "1.35", V1_36 "1.36" } else V1_36
    UnknownFields { Refuse "refuse", Drop "drop" } else Refuse
    Theme { System "system", Light "light", Dark "dark" } else System
}

fields! {
    Options { hypothetical, ip_block_pods "ipBlockPods", kubernetes, unknown_fields "unknownFields" }
    PortChoice { protocol, port }
    Question { source, destination, port }
    Solved { id, shortest }
    Exam { sitting, labs, passed, began, ends, over, turned }
    Recent { id, title, when, files, units }
}

impl Read for Settings {
    fn read(value: &impl Wire) -> Self {
        let Self { divider, outside, hypothetical, .. } = Self::default();
        Self {
            theme: field(value, "theme"),
            options: field(value, "options"),
            divider: field::<Option<u16>>(value, "divider").unwrap_or(divider),
            outside: field::<Option<bool>>(value, "outside").unwrap_or(outside),
            hypothetical: field::<Option<bool>>(value, "hypothetical").unwrap_or(hypothetical),
            port: field(value, "port"),
            questions: field(value, "questions"),
            solved: field(value, "solved"),
            exam: field(value, "exam"),
        }
    }
}
