//! The connection that proves a finding.

use netpol_eval::PeerId;
use netpol_manifest::Protocol;

/// One concrete connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Witness {
    /// Who opens it.
    pub source: PeerId,
    /// Who is connected to.
    pub destination: PeerId,
    /// The protocol.
    pub protocol: Protocol,
    /// The destination's port.
    pub port: u16,
}
