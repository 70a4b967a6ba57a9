<?php
/**
 * A network of sites (multisite): each has its own settings and tables, which come and go with it.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * The plugin is switched off, for one site or for the network: WP-Cron has nothing to send any more.
 *
 * @param bool $is_network_wide Whether on every site.
 */
function stop_sending( $is_network_wide ) {
	if ( ! $is_network_wide ) {
		stop_sending_here();
		return;
	}
	$site_ids = get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	);
	foreach ( $site_ids as $site_id ) {
		switch_to_blog( $site_id );
		stop_sending_here();
		restore_current_blog();
	}
}

/**
 * The same on the current site.
 */
function stop_sending_here() {
	wp_clear_scheduled_hook( SEND_HOOK );
	wp_clear_scheduled_hook( SOON_HOOK );
}

add_filter(
	'wpmu_drop_tables',
	static function ( $tables, $site_id ) {
		global $wpdb;
		$ours     = $wpdb->get_blog_prefix( $site_id ) . 'moderation_service';
		$tables[] = $ours;
		$tables[] = $ours . '_seen';
		return $tables;
	},
	10,
	2
);
