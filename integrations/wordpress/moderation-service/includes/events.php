<?php
/**
 * Where the service says what became of a comment: a signed POST, as Standard Webhooks has it.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const TOLERANCE_S     = 300;
const STILL_STORING_S = 60;

/**
 * The address that the service has to know.
 *
 * @return string
 */
function events_address() {
	return rest_url( 'moderation-service/v1/events' );
}

/**
 * Let a request in only if the service signed it, lately, and it was not here before.
 *
 * @param \WP_REST_Request $request The request.
 * @return true|\WP_Error
 */
function is_signed( $request ) {
	$secret     = (string) setting( 'secret' );
	$id         = (string) $request->get_header( 'webhook-id' );
	$timestamp  = (string) $request->get_header( 'webhook-timestamp' );
	$signatures = (string) $request->get_header( 'webhook-signature' );
	if ( '' === secret_bytes( $secret ) ) {
		return refusal( 'no-secret', __( 'This blog has no webhook secret yet.', 'moderation-service' ), 503 );
	}
	if ( ! preg_match( '/^[\x21-\x2d\x2f-\x7e]{1,255}$/', $id ) || ! preg_match( '/^[1-9][0-9]{0,11}$/', $timestamp ) || '' === $signatures || strlen( $signatures ) > 4096 ) {
		return refusal( 'signature-missing', __( 'Send webhook-id, webhook-timestamp and webhook-signature.', 'moderation-service' ) );
	}
	$expected = signature( $secret, $id, $timestamp, $request->get_body() );
	$is_good  = false;
	foreach ( explode( ' ', $signatures ) as $sent ) {
		$is_good = hash_equals( $expected, $sent ) || $is_good;
	}
	if ( ! $is_good ) {
		return refusal( 'signature-invalid', __( 'The signature does not fit.', 'moderation-service' ) );
	}
	if ( abs( time() - (int) $timestamp ) > TOLERANCE_S ) {
		return refusal( 'timestamp-outside-tolerance', __( 'The signature is too old, or from the future: set the clock.', 'moderation-service' ) );
	}
	if ( ! is_first( hash( 'sha256', "$id.$timestamp.$expected" ) ) ) {
		return refusal( 'replayed', __( 'This very request was here before: each attempt has to be signed anew.', 'moderation-service' ) );
	}
	return true;
}

/**
 * A refusal in WordPress's form.
 *
 * @param string $code    Stable.
 * @param string $message For people.
 * @param int    $status  Of HTTP.
 * @return \WP_Error
 */
function refusal( $code, $message, $status = 401 ) {
	return new \WP_Error( 'moderation_service_' . str_replace( '-', '_', $code ), $message, array( 'status' => $status ) );
}

/**
 * Whether a signature comes for the first time; it is kept as long as its time is within the tolerance.
 *
 * @param string $signature A digest, in hex.
 * @return bool
 */
function is_first( $signature ) {
	global $wpdb;
	$seen = table() . '_seen';
	// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- our table.
	$wpdb->query( $wpdb->prepare( "DELETE FROM $seen WHERE seen_at < %d", time() - 3 * TOLERANCE_S ) );
	return 1 === $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $seen (signature, seen_at) VALUES (%s, %d)", $signature, time() ) );
	// phpcs:enable
}

/**
 * Take an event in. One that comes again, or too late, changes nothing and is answered alike.
 *
 * @param \WP_REST_Request $request A signed request.
 * @return \WP_REST_Response|\WP_Error
 */
function take_event( $request ) {
	$event = json_decode( $request->get_body(), true );
	$type  = is_array( $event ) && isset( $event['type'] ) ? $event['type'] : '';
	$data  = is_array( $event ) && isset( $event['data'] ) && is_array( $event['data'] ) ? $event['data'] : array();
	if ( ! is_string( $type ) || 0 !== strpos( $type, 'comment.' ) ) {
		return new \WP_REST_Response( null, 204 ); // A test, or something newer than this plugin.
	}
	if ( ! isset( $data['comment_id'], $data['state'], $data['version'], $data['decided_by'] ) || ! is_string( $data['comment_id'] ) || ! isset( STATUS_OF[ $data['state'] ] ) ) {
		return refusal( 'bad-event', __( 'This is not an event about a comment.', 'moderation-service' ), 400 );
	}
	if ( ! record( $data['comment_id'] ) ) {
		$age = time() - (int) strtotime( isset( $event['timestamp'] ) ? (string) $event['timestamp'] : '' );
		// The first verdict came as an answer, and what is erased is meant to be gone.
		if ( $age < STILL_STORING_S && (int) $data['version'] > 1 && ERASED !== $data['state'] ) {
			return refusal( 'not-yet', __( 'This comment is not here, or not yet.', 'moderation-service' ), 503 );
		}
		return new \WP_REST_Response( null, 204 ); // It was deleted.
	}
	if ( ! take_verdict( $data['comment_id'], $data ) ) {
		return refusal( 'busy', __( 'This comment is being worked on; send it again.', 'moderation-service' ), 503 );
	}
	return new \WP_REST_Response( null, 204 );
}

add_action(
	'rest_api_init',
	static function () {
		register_rest_route(
			'moderation-service/v1',
			'/events',
			array(
				'methods'             => 'POST',
				'callback'            => __NAMESPACE__ . '\\take_event',
				'permission_callback' => __NAMESPACE__ . '\\is_signed',
			)
		);
	}
);
