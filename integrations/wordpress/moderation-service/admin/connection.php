<?php
/**
 * The connection test: both directions, and what is wrong in words.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * Try the address, the key, the secret and the way back.
 *
 * @return array<int, array{is_good: bool, text: string}> In the order in which they were tried.
 */
function test_connection() {
	if ( ! is_ready() ) {
		return array( found( false, __( 'Enter the address and the API key first, and save them.', 'moderation-service' ) ) );
	}
	$answer = call( 'GET', '/v1/site' );
	if ( ! $answer->is_done() || ! isset( $answer->document['site'] ) ) {
		return array( found( false, what_is_wrong( $answer ) ) );
	}
	$site = $answer->document;
	/* translators: %s: the name of a site at the service. */
	$known  = found( true, sprintf( __( 'The service answers, and knows this blog as “%s”.', 'moderation-service' ), $site['name'] ) );
	$secret = test_secret( $site );
	return array( $known, $secret, test_way_back( $site, $secret['is_good'] ) );
}

/**
 * Whether the secret is the same site's as the key.
 *
 * @param array<string, mixed> $site What the service says of the key's site.
 * @return array{is_good: bool, text: string}
 */
function test_secret( array $site ) {
	$secret = (string) setting( 'secret' );
	if ( '' === secret_bytes( $secret ) ) {
		return found( false, __( 'There is no webhook secret yet, so that decisions in the dashboard do not come back.', 'moderation-service' ) );
	}
	$id        = 'msg_' . str_replace( '-', '', wp_generate_uuid4() );
	$timestamp = (string) time();
	$answer    = call(
		'GET',
		'/v1/site?site=' . rawurlencode( $site['site'] ),
		null,
		PATIENCE,
		array(
			'webhook-id'        => $id,
			'webhook-timestamp' => $timestamp,
			'webhook-signature' => signature( $secret, $id, $timestamp, '' ),
		)
	);
	if ( $answer->is_done() ) {
		return found( true, __( 'The webhook secret is right.', 'moderation-service' ) );
	}
	if ( 'timestamp-outside-tolerance' === $answer->code() ) {
		return found( false, __( 'The clocks of this server and the service’s are more than five minutes apart: set them, best by NTP.', 'moderation-service' ) );
	}
	if ( 'signature-invalid' === $answer->code() ) {
		return found( false, __( 'The webhook secret is not this site’s: copy it anew. “moderation site show-secret” prints it.', 'moderation-service' ) );
	}
	return found( false, what_is_wrong( $answer ) );
}

/**
 * Whether the service sends its decisions here, and they arrive.
 *
 * @param array<string, mixed> $site          What the service says of the key's site.
 * @param bool                 $is_secret_good False: what it sends cannot be let in, so that nothing is tried.
 * @return array{is_good: bool, text: string}
 */
function test_way_back( array $site, $is_secret_good ) {
	$theirs = isset( $site['webhook_url'] ) ? (string) $site['webhook_url'] : '';
	if ( '' === $theirs ) {
		return found( false, __( 'The service does not know where to send decisions.', 'moderation-service' ) . ' ' . how_to_point_here( $site ) );
	}
	if ( ! leads_here( $theirs ) ) {
		/* translators: 1, 2: addresses. */
		return found( false, sprintf( __( 'The service sends decisions to %1$s, and this blog listens at %2$s.', 'moderation-service' ), $theirs, events_address() ) . ' ' . how_to_point_here( $site ) );
	}
	if ( ! empty( $site['webhook_disabled_at'] ) ) {
		return found( false, __( 'The service has stopped sending decisions here.', 'moderation-service' ) . ' ' . how_to_point_here( $site ) );
	}
	$answer = $is_secret_good ? call( 'POST', '/v1/site/test' ) : null;
	if ( null === $answer || ! isset( $answer->document['delivered'] ) ) {
		return found( true, __( 'The service knows where to send decisions. Whether they arrive was not tried.', 'moderation-service' ) );
	}
	if ( ! $answer->document['delivered'] ) {
		/* translators: %s: what the service says, a sentence. */
		return found( false, sprintf( __( 'The service knows where to send decisions, and cannot get there: %s', 'moderation-service' ), $answer->document['error'] ) );
	}
	return found( true, __( 'A test of the way back has arrived: decisions in the dashboard change comments here.', 'moderation-service' ) );
}

/**
 * What has the service send its decisions here.
 *
 * @param array<string, mixed> $site What the service says of the key's site.
 * @return string
 */
function how_to_point_here( array $site ) {
	/* translators: %s: a command. */
	return sprintf( __( 'Enter this blog’s webhook address in the service’s settings, or run: %s', 'moderation-service' ), "moderation site set-webhook {$site['site']} '" . events_address() . "'" );
}

/**
 * Whether an address is the one for events, in either of the forms that WordPress answers.
 *
 * @param string $address An address.
 * @return bool
 */
function leads_here( $address ) {
	$plain = add_query_arg( 'rest_route', '/moderation-service/v1/events', home_url( '/' ) );
	$forms = array( events_address(), $plain, str_replace( '/?', '/index.php?', $plain ) );
	return in_array( untrailingslashit( rawurldecode( $address ) ), array_map( 'untrailingslashit', array_map( 'rawurldecode', $forms ) ), true );
}

/**
 * One finding.
 *
 * @param bool   $is_good Whether all is well.
 * @param string $text    In words.
 * @return array{is_good: bool, text: string}
 */
function found( $is_good, $text ) {
	return array(
		'is_good' => $is_good,
		'text'    => $text,
	);
}

/**
 * What an owner has to change after this answer.
 *
 * @param Answer $answer Not the one hoped for.
 * @return string
 */
function what_is_wrong( Answer $answer ) {
	if ( 401 === $answer->status ) {
		return __( 'The service answers, and does not take the API key: copy it anew, or have a new one printed with “moderation site rotate-key”.', 'moderation-service' );
	}
	if ( 'host-not-trusted' === $answer->code() ) {
		return __( 'The service answers, and does not know itself by this name: enter its PUBLIC_BASE_URL as the address here, or add the name to its TRUSTED_HOSTS.', 'moderation-service' );
	}
	if ( $answer->status >= 500 ) {
		/* translators: %s: what the service answered. */
		return sprintf( __( 'Something answers at this address, and cannot work just now: %s', 'moderation-service' ), $answer->message );
	}
	if ( $answer->status >= 300 && $answer->status < 400 ) {
		return $answer->message;
	}
	if ( $answer->status ) {
		$text = __( 'Something answers at this address, and it is not the moderation service, or an older one.', 'moderation-service' );
		if ( null !== wp_parse_url( setting( 'address' ), PHP_URL_PATH ) ) {
			$text .= ' ' . __( 'Try the address without what stands behind the host’s name.', 'moderation-service' );
		}
		return $text;
	}
	return why_nothing_came( $answer->message );
}

/**
 * What to change when no answer came at all.
 *
 * @param string $message What WordPress says, in the words of cURL or its own.
 * @return string
 */
function why_nothing_came( $message ) {
	if ( preg_match( '/blocked requests/i', $message ) ) {
		$cause = __( 'WordPress itself may not call this address: name its host in WP_ACCESSIBLE_HOSTS, in wp-config.php.', 'moderation-service' );
	} elseif ( preg_match( '/wrong version number|unknown protocol|packet length too long|record overflow/i', $message ) ) {
		$cause = __( 'What answers there does not speak https. Without a proxy for it in front, the address begins with http://.', 'moderation-service' );
	} elseif ( preg_match( '/resolve|getaddrinfo|Name or service/i', $message ) ) {
		$cause = __( 'There is no host of this name.', 'moderation-service' );
	} elseif ( preg_match( '/timed? ?out/i', $message ) ) {
		$cause = __( 'Nothing answers in time at this address. A firewall may be in between.', 'moderation-service' );
	} elseif ( preg_match( '/ssl|certificate|tls/i', $message ) ) {
		$cause = __( 'The connection is not safe: the certificate does not fit, or is not known here.', 'moderation-service' );
	} else {
		$cause = __( 'Nothing answers at this address. Is the service running, and the port right?', 'moderation-service' );
	}
	return $cause . ' (' . $message . ')';
}
