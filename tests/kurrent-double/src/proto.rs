//! The protocol's messages and services, generated when this is built.

#![expect(unused_qualifications, reason = "generated code")]
#![expect(clippy::enum_variant_names, clippy::large_enum_variant, reason = "generated code")]
#![expect(clippy::too_many_lines, reason = "generated code")]
#![expect(clippy::allow_attributes, reason = "the compiler never finds this one fulfilled")]
#![allow(dead_code, reason = "generated code, of which much is not needed")]

pub(crate) mod event_store {
    pub(crate) mod client {
        tonic::include_proto!("event_store.client");

        pub(crate) mod streams {
            tonic::include_proto!("event_store.client.streams");
        }

        pub(crate) mod gossip {
            tonic::include_proto!("event_store.client.gossip");
        }

        pub(crate) mod server_features {
            tonic::include_proto!("event_store.client.server_features");
        }
    }
}

pub(crate) mod google {
    pub(crate) mod rpc {
        tonic::include_proto!("google.rpc");
    }
}

pub(crate) use self::event_store::client::gossip;
pub(crate) use self::event_store::client::gossip::gossip_server::{Gossip, GossipServer};
pub(crate) use self::event_store::client::server_features::server_features_server::{
    ServerFeatures, ServerFeaturesServer,
};
pub(crate) use self::event_store::client::server_features::{SupportedMethod, SupportedMethods};
pub(crate) use self::event_store::client::streams;
pub(crate) use self::event_store::client::streams::streams_server::{Streams, StreamsServer};
pub(crate) use self::event_store::client::wrong_expected_version::CurrentStreamRevisionOption;
pub(crate) use self::event_store::client::{
    AllStreamPosition, StreamIdentifier, Uuid as ProtoUuid, WrongExpectedVersion,
    uuid as proto_uuid,
};
pub(crate) use self::google::rpc::Status as RpcStatus;
