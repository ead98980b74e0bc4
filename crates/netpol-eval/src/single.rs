//! Single pods of a workload, each as a row of its own.
//!
//! A row stands for all pods of a workload, and what is shown of it holds for each of them. A question that names one
//! pod is about this pod: its address, its node, its ports.

use std::sync::Arc;

use netpol_manifest::{Resource, WorkloadKind};

use crate::cluster::{Pod, Workload, WorkloadOrigin};
use crate::evaluation::Evaluation;
use crate::peer::{Hypothetical, Options, PeerId};

impl Evaluation {
    /// The same cluster, evaluated with the pods that two ends name as rows of their own, and the ends in it. An end is
    /// a peer, and the name of one of its pods where that pod alone is meant. `None` for a peer or pod that is not there.
    pub fn of_pods(&self, ends: [(PeerId, Option<&str>); 2]) -> Option<(Self, [PeerId; 2])> {
        let mut cluster = self.cluster().clone();
        let mut workloads = Vec::with_capacity(cluster.workloads.len() + 1);
        let mut found = [None; 2];
        for (at, workload) in cluster.workloads.iter().enumerate() {
            let mut rows: Vec<Option<&str>> = Vec::new();
            let here = ends.iter().zip(&mut found).filter(|((peer, _), _)| peer.index() == at);
            for ((_, pod), found) in here {
                let row = rows.iter().position(|row| row == pod).unwrap_or_else(|| {
                    rows.push(*pod);
                    rows.len() - 1
                });
                *found = Some(PeerId((workloads.len() + row) as u32));
            }
            if rows.is_empty() {
                workloads.push(Arc::clone(workload));
            }
            for row in rows {
                workloads.push(match row {
                    Some(name) => Arc::new(workload.single(name)?),
                    None => Arc::clone(workload),
                });
            }
        }
        let added = workloads.len() - cluster.workloads.len();
        let outside = |peer: PeerId| (peer.index() + added) as u32;
        let [source, destination] = ends.map(|(peer, _)| PeerId(outside(peer)));
        let [from, to] = found;
        cluster.workloads = workloads;
        let options = Options { hypothetical: Hypothetical::Never, ..self.options() };
        Some((Self::new(cluster, options), [from.unwrap_or(source), to.unwrap_or(destination)]))
    }
}

impl Workload {
    /// One of its pods by itself; `None` where no pod of the input is called so.
    fn single(&self, name: &str) -> Option<Self> {
        let pod: &Pod = self.pods.iter().find(|pod| pod.name == name)?;
        let ports = match &self.origin {
            WorkloadOrigin::Input { object, folded } => {
                let mut handles = std::iter::once(object).chain(folded);
                handles.find_map(|handle| match &handle.object().resource {
                    Resource::Workload(template)
                        if template.kind == WorkloadKind::Pod
                            && handle.object().metadata.name.value == name =>
                    {
                        Some(Arc::new(vec![template.ports.clone()]))
                    }
                    _ => None,
                })
            }
            WorkloadOrigin::Hypothetical | WorkloadOrigin::AnyOther => None,
        };
        Some(Self {
            variant: Some(name.to_owned()),
            ports: ports.unwrap_or_else(|| Arc::clone(&self.ports)),
            replicas: Some(1),
            pods: vec![pod.clone()],
            has_other_pods: false,
            ordinals: None,
            ..self.clone()
        })
    }
}
