//! The API server's rules for names, labels, ports and addresses, apart from where they stand.
//!
//! Each check gives `Err` with what to write instead, as the second half of a sentence.

mod addresses;
mod domains;
mod names;
mod ports;

pub(crate) use addresses::{Canonical, CidrError, address, cidr};
pub(crate) use domains::domain_name;
pub(crate) use names::{NameRule, label_key, label_value};
pub(crate) use ports::{port_name, port_number, protocol};
