//! Several doubles of one log: who is there, and who leads.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::{Request, Response, Status};

use crate::proto::Gossip;
use crate::proto::gossip::member_info::VNodeState;
use crate::proto::gossip::{ClusterInfo, EndPoint, MemberInfo};

/// The nodes that run; the first of them leads. There is no vote: all know it at once.
#[derive(Clone, Default)]
pub(crate) struct Nodes(Arc<Mutex<Vec<SocketAddr>>>);

impl Nodes {
    fn list(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn join(&self, node: SocketAddr) {
        self.list().push(node);
    }

    pub fn leave(&self, node: SocketAddr) {
        self.list().retain(|other| *other != node);
    }

    pub fn leader(&self) -> Option<SocketAddr> {
        self.list().first().copied()
    }
}

#[tonic::async_trait]
impl Gossip for Nodes {
    async fn read(&self, _: Request<()>) -> Result<Response<ClusterInfo>, Status> {
        let member = |(index, node): (usize, &SocketAddr)| MemberInfo {
            instance_id: None,
            time_stamp: 0,
            state: if index == 0 { VNodeState::Leader } else { VNodeState::Follower }.into(),
            is_alive: true,
            http_end_point: Some(EndPoint {
                address: node.ip().to_string(),
                port: node.port().into(),
            }),
        };
        let members = self.list().iter().enumerate().map(member).collect();
        Ok(Response::new(ClusterInfo { members }))
    }
}
