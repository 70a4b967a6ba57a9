<?php
/**
 * The buttons of the settings page: for owners, with a nonce each.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * Refuse whoever may not, or did not press the button on the page.
 *
 * @param string $action Such as `test`.
 */
function check_action( $action ) {
	if ( ! current_user_can( 'manage_options' ) ) {
		wp_die( esc_html__( 'You may not do this.', 'moderation-service' ), '', array( 'response' => 403 ) );
	}
	check_admin_referer( 'moderation_service_' . $action );
}

/**
 * Make a button's address.
 *
 * @param string   $action Such as `test`.
 * @param callable $work   What the button does.
 */
function add_button( $action, callable $work ) {
	add_action(
		'admin_post_moderation_service_' . $action,
		static function () use ( $action, $work ) {
			check_action( $action );
			$work();
			wp_safe_redirect( settings_address() );
			exit;
		}
	);
}

add_button(
	'test',
	static function () {
		set_transient( findings_name(), test_connection(), 5 * MINUTE_IN_SECONDS );
	}
);
add_button(
	'send',
	static function () {
		global $wpdb;
		// phpcs:ignore WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.NotPrepared -- a table of our own.
		$wpdb->query( $wpdb->prepare( 'UPDATE ' . table() . ' SET due_at = %d WHERE due_at > %d', time(), time() ) );
		send_due( BY_CRON_S );
	}
);
add_button( 'import', __NAMESPACE__ . '\\start_import' );
add_button( 'stop', __NAMESPACE__ . '\\stop_import' );
