<?php
/**
 * The plugin is deleted: so are its tables and its settings, on each site of a network. The service keeps what it was sent.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Remove what the plugin made on the current site.
 */
function remove_everything() {
	global $wpdb;
	// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- our own tables.
	$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}moderation_service" );
	$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}moderation_service_seen" );
	// phpcs:enable
	delete_option( 'moderation_service' );
	delete_option( 'moderation_service_table' );
	delete_option( 'moderation_service_import' );
	delete_post_meta_by_key( '_moderation_service_sent' );
	wp_clear_scheduled_hook( 'moderation_service_send' );
	wp_clear_scheduled_hook( 'moderation_service_send_soon' );
}

if ( is_multisite() ) {
	foreach ( get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	) as $moderation_service_site ) {
		switch_to_blog( $moderation_service_site );
		remove_everything();
		restore_current_blog();
	}
} else {
	remove_everything();
}
