<?php
/**
 * Old comments are told to the service in the background. Nothing changes here: what they are, they stay.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

const IMPORT_OPTION = 'moderation_service_import';
const IMPORT_AHEAD  = 200; // So many wait in the outbox at most; new comments must not wait behind an archive.

/**
 * How the import stands.
 *
 * `after` is the last comment that was looked at, `until` the last there was at the beginning. `taken` of `total`
 * were looked at; `told` of them are the service's to hear of: not those by people who moderate.
 *
 * @return array{is_on: bool, after: int, until: int, total: int, taken: int, told: int}
 */
function import_state() {
	$stored = get_option( IMPORT_OPTION, array() );
	return array_merge(
		array(
			'is_on' => false,
			'after' => 0,
			'until' => 0,
			'total' => 0,
			'taken' => 0,
			'told'  => 0,
		),
		is_array( $stored ) ? $stored : array()
	);
}

/**
 * Whether comments remain to be taken up.
 *
 * @return bool
 */
function is_importing() {
	$state = import_state();
	return $state['is_on'] && is_ready();
}

/**
 * Begin, or go on where it was stopped.
 */
function start_import() {
	global $wpdb;
	$state = import_state();
	if ( $state['after'] >= $state['until'] ) {
		// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.NotPrepared -- counted once, with our table beside.
		$state['after'] = 0;
		$state['taken'] = 0;
		$state['told']  = 0;
		$state['until'] = (int) $wpdb->get_var( "SELECT MAX(comment_ID) FROM $wpdb->comments" );
		$state['total'] = (int) $wpdb->get_var( 'SELECT COUNT(*) ' . unknown_comments( 0, $state['until'] ) );
		// phpcs:enable
	}
	$state['is_on'] = true;
	update_option( IMPORT_OPTION, $state, false );
	wp_schedule_single_event( time(), SOON_HOOK );
}

/**
 * Stop for now. What was taken up is still sent.
 */
function stop_import() {
	update_option( IMPORT_OPTION, array_merge( import_state(), array( 'is_on' => false ) ), false );
}

/**
 * The part of a query that finds comments which the service does not know.
 *
 * @param int $after Only those with a higher id.
 * @param int $until And not with a higher one than this.
 * @return string
 */
function unknown_comments( $after, $until ) {
	global $wpdb;
	// phpcs:ignore WordPress.DB.PreparedSQL.NotPrepared -- the table's name is ours.
	return $wpdb->prepare( "FROM $wpdb->comments AS c LEFT JOIN " . table() . " AS r ON r.comment_id = c.comment_ID WHERE c.comment_ID > %d AND c.comment_ID <= %d AND r.remote_id IS NULL AND c.comment_approved IN ('0', '1', 'spam', 'trash') AND c.comment_type IN ('', 'comment', 'review', 'pingback', 'trackback')", $after, $until );
}

/**
 * Take up some more, as long as the service keeps pace.
 */
function import_some() {
	global $wpdb;
	$state = import_state();
	$room  = IMPORT_AHEAD - waiting()['count'];
	if ( ! is_importing() || $room <= 0 ) {
		return;
	}
	// phpcs:ignore WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.NotPrepared -- prepared in unknown_comments().
	$ids = $wpdb->get_col( 'SELECT c.comment_ID ' . unknown_comments( $state['after'], $state['until'] ) . $wpdb->prepare( ' ORDER BY c.comment_ID LIMIT %d', $room ) );
	foreach ( $ids as $comment_id ) {
		$state['told'] += import_one( (int) $comment_id ) ? 1 : 0;
		$state['after'] = (int) $comment_id;
		++$state['taken'];
	}
	if ( count( $ids ) < $room ) {
		$state['after'] = $state['until'];
		$state['is_on'] = false;
	}
	$state['is_on'] = $state['is_on'] && import_state()['is_on']; // Somebody may have stopped it meanwhile.
	update_option( IMPORT_OPTION, $state, false );
}

/**
 * Take up one comment: its text, and that it is where people left it.
 *
 * @param int $comment_id WordPress's id.
 * @return bool Whether there is something to tell of it.
 */
function import_one( $comment_id ) {
	$comment = get_comment( $comment_id );
	if ( ! $comment || '' === trim( plain_text( $comment->comment_content ) ) || is_trusted( (int) $comment->user_id, (int) $comment->comment_post_ID ) ) {
		return false;
	}
	$remote_id = new_id();
	add_record( $remote_id, $comment_id );
	tell_later(
		$remote_id,
		array(
			'todo_submit'   => 1,
			'todo_decision' => DECISION_OF[ $comment->comment_approved ],
			'note'          => __( 'Imported from WordPress as it stood there.', 'moderation-service' ),
		)
	);
	return true;
}
