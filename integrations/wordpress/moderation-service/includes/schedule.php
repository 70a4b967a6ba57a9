<?php
/**
 * When what the service has yet to hear is sent: at the end of a request, and once a minute by WP-Cron.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const SEND_HOOK   = 'moderation_service_send';
const SOON_HOOK   = 'moderation_service_send_soon';
const AT_ONCE_S   = 2.0; // How long a page may wait for this.
const BY_CRON_S   = 20.0;
const EVERY_START = 60;

/**
 * Whether something became due in this request.
 *
 * @return bool
 */
function has_due() {
	global $wpdb;
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.NotPrepared -- a table of our own.
	return (bool) $wpdb->get_var( $wpdb->prepare( 'SELECT 1 FROM ' . table() . ' WHERE due_at <= %d AND claimed_until <= %d LIMIT 1', time(), time() ) );
}

/**
 * Have WP-Cron look once a minute.
 */
function keep_scheduled() {
	if ( ! wp_next_scheduled( SEND_HOOK ) ) {
		wp_schedule_event( time() + EVERY_START, 'moderation_service_minute', SEND_HOOK );
	}
}

/**
 * A round of WP-Cron.
 */
function send_by_cron() {
	import_some();
	$is_all = send_due( BY_CRON_S );
	if ( ! $is_all && has_due() || is_importing() ) {
		wp_schedule_single_event( time(), SOON_HOOK );
	}
}

/**
 * Send at the end of a request what it made due; what takes too long is WP-Cron's.
 */
function send_at_the_end() {
	if ( wp_doing_cron() || ! did_action( DUE_ACTION ) ) {
		return;
	}
	if ( ! send_due( AT_ONCE_S ) && has_due() && ! wp_next_scheduled( SOON_HOOK ) ) {
		wp_schedule_single_event( time(), SOON_HOOK );
	}
}

add_filter(
	'cron_schedules', // phpcs:ignore WordPress.WP.CronInterval -- a minute, for a held comment waits for it.
	static function ( $schedules ) {
		$schedules['moderation_service_minute'] = array(
			'interval' => MINUTE_IN_SECONDS,
			'display'  => __( 'Every minute (Moderation Service)', 'moderation-service' ),
		);
		return $schedules;
	}
);
add_action( SEND_HOOK, __NAMESPACE__ . '\\send_by_cron' );
add_action( SOON_HOOK, __NAMESPACE__ . '\\send_by_cron' );
add_action( 'shutdown', __NAMESPACE__ . '\\send_at_the_end', 20 );
